//! Which encoding does a file have? The whole file is read for the answer, and a doubtful one is asked back.
//! Nothing here changes text: see `encoding`.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, GB18030, UTF_8};

use super::encoding::{Encoding, read_some};

/// The longest line of which a message shows a value, in bytes.
const SAMPLE: usize = 4 * 1024;

/// What a file may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// The file is in this encoding.
    Certain(Encoding),
    /// The file is valid in GBK only. The operator has to confirm it, since almost any text is.
    Gbk(Sample),
    /// The file is valid in both encodings, and its text is as likely in the one as in the other.
    Either(Sample),
    /// The file is not text: it has zeros, as UTF-16 has.
    Zeros,
    /// The first lines that are not valid in UTF-8 and in GBK.
    Neither(u64, u64),
}

/// The first value that is not ASCII.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) line: u64,
    pub(super) value: Vec<u8>,
}

/// Reads a file to its end and decides.
pub(super) fn detect(file: &mut impl Read) -> io::Result<Finding> {
    Ok(look(file)?.finding())
}

/// Reads a file to its end, and returns whether it is valid in UTF-8 and not in GBK.
pub(super) fn is_only_utf_8(file: &mut impl Read) -> io::Result<bool> {
    let looked = look(file)?;
    Ok(looked.utf_8.bad_line.is_none() && looked.gbk.bad_line.is_some())
}

fn look(file: &mut impl Read) -> io::Result<Looked> {
    let mut buffer = vec![0; 64 * 1024];
    let mut looked = Looked::new();
    loop {
        let length = read_some(file, &mut buffer)?;
        looked.at(&buffer[..length], length == 0);
        if length == 0 {
            return Ok(looked);
        }
    }
}

struct Looked {
    start: Vec<u8>,
    has_zeros: bool,
    has_others: bool,
    utf_8: Valid,
    gbk: Valid,
    /// Whether all characters have at most two bytes in UTF-8, which no Chinese one has.
    is_short: bool,
    pairs: Pairs,
    line: u64,
    /// The line that is being read, up to its limit.
    current: Vec<u8>,
    sample: Option<Sample>,
}

impl Looked {
    fn new() -> Self {
        Self {
            start: Vec::new(),
            has_zeros: false,
            has_others: false,
            utf_8: Valid::new(UTF_8.new_decoder_without_bom_handling()),
            gbk: Valid::new(GB18030.new_decoder_without_bom_handling()),
            is_short: true,
            pairs: Pairs { lead: None, skip: 0, all_common: true },
            line: 1,
            current: Vec::new(),
            sample: None,
        }
    }

    fn at(&mut self, bytes: &[u8], is_last: bool) {
        let missing = 3_usize.saturating_sub(self.start.len()).min(bytes.len());
        self.start.extend(&bytes[..missing]);
        self.utf_8.at(bytes, is_last);
        self.gbk.at(bytes, is_last);
        for byte in bytes {
            self.has_zeros |= *byte == 0;
            self.has_others |= !byte.is_ascii();
            self.is_short &= *byte < 0xE0;
            self.pairs.at(*byte);
            if self.sample.is_none() {
                self.find_sample(*byte);
            }
        }
        if is_last && self.sample.is_none() {
            self.find_sample(b'\n');
        }
    }

    /// Keeps the first line that is not ASCII, and its first such value.
    fn find_sample(&mut self, byte: u8) {
        if byte != b'\n' {
            // A long beginning that is ASCII has no sample.
            if self.current.len() == SAMPLE && self.current.is_ascii() {
                self.current.clear();
            }
            if self.current.len() < SAMPLE {
                self.current.push(byte);
            }
            return;
        }
        if !self.current.is_ascii() {
            let value = |line: &[u8]| {
                let values = line.split(|byte| matches!(byte, b',' | b';' | b'\t' | b'"' | b'\r'));
                values.filter(|value| !value.is_ascii()).map(<[u8]>::to_vec).next().unwrap_or_default()
            };
            self.sample = Some(Sample { line: self.line, value: value(&self.current) });
        }
        self.current.clear();
        self.line += 1;
    }

    fn finding(self) -> Finding {
        if let Some(encoding) = Encoding::of_mark(&self.start) {
            return Finding::Certain(encoding);
        }
        if self.has_zeros {
            return Finding::Zeros;
        }
        match (self.utf_8.bad_line, self.gbk.bad_line, self.sample) {
            (Some(_), None, Some(sample)) => Finding::Gbk(sample),
            (Some(utf_8), Some(gbk), _) => Finding::Neither(utf_8, gbk),
            (None, None, Some(sample)) if self.is_short || self.pairs.all_common => Finding::Either(sample),
            (None, _, _) | (Some(_), None, None) => Finding::Certain(Encoding::Utf8),
        }
    }
}

/// Whether a file is valid in one encoding.
struct Valid {
    decoder: Decoder,
    text: Vec<u8>,
    line: u64,
    /// The first line that is not.
    bad_line: Option<u64>,
}

impl Valid {
    fn new(decoder: Decoder) -> Self {
        Self { decoder, text: vec![0; 16 * 1024], line: 1, bad_line: None }
    }

    fn at(&mut self, mut bytes: &[u8], is_last: bool) {
        while self.bad_line.is_none() {
            let (result, read, _) = self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.text, is_last);
            self.line += bytes[..read].split(|byte| *byte == b'\n').skip(1).count() as u64;
            bytes = &bytes[read..];
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.bad_line = Some(self.line),
            }
        }
    }
}

/// The characters of a file, read as GBK: are all of them in everyday use?
///
/// A Chinese text in UTF-8 that is read as GBK has rare characters: the first byte of each is E3 to EF, and GB 2312
/// sorts the common ones before D8.
struct Pairs {
    lead: Option<u8>,
    /// The rest of a character of four bytes.
    skip: u8,
    all_common: bool,
}

impl Pairs {
    fn at(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        match self.lead.take() {
            None => self.lead = (!byte.is_ascii()).then_some(byte),
            Some(_) if byte.is_ascii_digit() => {
                self.skip = 2;
                self.all_common = false;
            }
            Some(lead) => {
                // Rows 1 to 9 have punctuation, letters and digits; 16 to 55 the 3755 characters of level 1.
                self.all_common &= matches!(lead, 0xA1..=0xA9 | 0xB0..=0xD7) && byte >= 0xA1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert, proptest};

    use super::*;

    fn found(bytes: &[u8]) -> Finding {
        detect(&mut &bytes[..]).expect("a file in memory")
    }

    fn gbk(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    fn is_either(bytes: &[u8]) -> bool {
        matches!(found(bytes), Finding::Either(_))
    }

    #[test]
    fn a_text_that_is_no_gbk_is_only_utf_8() {
        let is_only = |bytes: &[u8]| is_only_utf_8(&mut &bytes[..]).expect("a file in memory");

        assert!(is_only("n\n张伟\n王芳芳\n".as_bytes()));
        // Ten bytes in UTF-8, and five characters in GBK.
        assert!(!is_only("n\n张伟\n".as_bytes()));
        assert!(!is_only(b"n\nC-1\n") && !is_only(&gbk("n\n王芳芳\n")));
    }

    #[test]
    fn a_sample_is_found_far_into_a_long_line() {
        let long = format!("n\n{},伟\n", "x".repeat(3 * SAMPLE));

        assert_eq!(found(&gbk(&long)), Finding::Either(Sample { line: 2, value: gbk("伟") }));
    }

    #[test]
    fn plain_ascii_and_chinese_in_utf_8_are_certain() {
        for text in [
            "",
            "externalId\nC-1\n",
            "会员号,昵称\nC-1,李军\n",
            "externalId,nickname\nC-1,李军\n",
            "n\n小兰\n",
            "n\n😀\n",
        ] {
            assert_eq!(found(text.as_bytes()), Finding::Certain(Encoding::Utf8), "{text:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_decides() {
        assert_eq!(found(b"\xEF\xBB\xBFn\nJos\xC3\xA9\n"), Finding::Certain(Encoding::Utf8));
        assert_eq!(found(b"\xFF\xFEn\0\n\0"), Finding::Certain(Encoding::Utf16Le));
        assert_eq!(found(b"\xFE\xFF\0n\0\n"), Finding::Certain(Encoding::Utf16Be));
        assert_eq!(found(b"n\0\n\0"), Finding::Zeros);
    }

    #[test]
    fn gbk_is_recognised_and_shown() {
        let sample = Sample { line: 2, value: gbk("李军") };

        assert_eq!(found(&gbk("externalId,nickname\nC-1,李军\n")), Finding::Gbk(sample));
        assert!(matches!(found(&gbk("会员号,昵称\nC-1,赟\n")), Finding::Gbk(_)));
        // The invalid byte may come after a megabyte.
        assert!(matches!(found(&gbk(&format!("n\n{}李军\n", "x\n".repeat(500_000)))), Finding::Gbk(_)));
    }

    #[test]
    fn what_reads_well_in_both_encodings_is_asked_back() {
        // One common and one rare character in GBK, each also a letter in UTF-8; and two names in UTF-8.
        for bytes in [
            gbk("n\n伟\n"),
            b"n\n\xDA\xBE\n".to_vec(),
            gbk("n\n伟\n兰\n"),
            b"n\nJos\xC3\xA9\n".to_vec(),
            "n\nИван\n".into(),
        ] {
            assert!(is_either(&bytes) || matches!(found(&bytes), Finding::Gbk(_)), "{bytes:?}");
        }
        assert_eq!(found(&gbk("n\n伟\n")), Finding::Either(Sample { line: 2, value: gbk("伟") }));
        assert!(is_either(b"n\n\xDA\xBE\n"));
        assert!(is_either("n\nJosé\n".as_bytes()));
        // A Chinese character makes it UTF-8.
        assert_eq!(found("昵称\nJosé\n".as_bytes()), Finding::Certain(Encoding::Utf8));
    }

    #[test]
    fn what_is_neither_names_both_lines() {
        let mut bytes = gbk("n\n李军\n");
        bytes.extend(b"x\n\xFF\xFF\n");

        assert_eq!(found(&bytes), Finding::Neither(2, 4));
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let is_utf_8 = std::str::from_utf8(&bytes).is_ok();
            prop_assert!(found(&bytes) != Finding::Certain(Encoding::Utf8) || is_utf_8 || bytes.starts_with(b"\xEF\xBB\xBF"));
        }

        // A wrong guess would be an error: names written in GBK, taken for UTF-8.
        #[test]
        fn common_names_in_gbk_are_never_taken_for_utf_8(
            names in prop::collection::vec(prop::collection::vec((0xB0_u8..=0xD7, 0xA1_u8..=0xF9), 1..4), 1..4),
        ) {
            let mut bytes = b"nickname\n".to_vec();
            for name in names {
                bytes.extend(name.into_iter().flat_map(|(lead, trail)| [lead, trail]));
                bytes.push(b'\n');
            }
            prop_assert!(found(&bytes) != Finding::Certain(Encoding::Utf8), "{:?}", bytes);
        }
    }
}
