//! The encodings of text files, and a reader that turns each of them into UTF-8. See `detect` for which one a file has.

use std::io::{self, Read};

use clap::ValueEnum;
use encoding_rs::{BIG5, CoderResult, Decoder, GB18030, UTF_8, UTF_16BE, UTF_16LE};

/// An encoding that a file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli::import) enum Encoding {
    /// With or without a byte order mark.
    #[value(name = "utf-8")]
    Utf8,
    /// What Excel and shops in mainland China write, with its extension GB18030.
    #[value(alias = "gb18030", alias = "gb2312")]
    Gbk,
    /// What Excel writes in Taiwan and Hong Kong.
    Big5,
    /// Little endian: what Excel calls Unicode text.
    #[value(name = "utf-16le", alias = "utf-16")]
    Utf16Le,
    /// Big endian.
    #[value(name = "utf-16be")]
    Utf16Be,
}

impl Encoding {
    /// Returns the name for `--encoding`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Gbk => "gbk",
            Self::Big5 => "big5",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
        }
    }

    /// Returns the encoding whose byte order mark a file begins with.
    pub(super) fn of_mark(start: &[u8]) -> Option<Self> {
        match start {
            [0xEF, 0xBB, 0xBF, ..] => Some(Self::Utf8),
            [0xFF, 0xFE, ..] => Some(Self::Utf16Le),
            [0xFE, 0xFF, ..] => Some(Self::Utf16Be),
            _ => None,
        }
    }

    /// Returns a decoder that removes the byte order mark.
    pub(super) fn decoder(self) -> Decoder {
        let encoding = match self {
            Self::Utf8 => UTF_8,
            Self::Gbk => GB18030,
            Self::Big5 => BIG5,
            Self::Utf16Le => UTF_16LE,
            Self::Utf16Be => UTF_16BE,
        };
        encoding.new_decoder_with_bom_removal()
    }

    /// Decodes a piece of a file, for a message.
    pub(super) fn read(self, bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len() * 3 + 16);
        let _ = self.decoder().decode_to_string(bytes, &mut text, true);
        text
    }
}

/// The size of the buffers, in bytes.
const BUFFER: usize = 16 * 1024;

/// Reads a file as UTF-8. What the encoding does not have becomes U+FFFD, which makes its row a bad one.
pub(super) struct Decoded<R> {
    file: R,
    decoder: Decoder,
    /// What was read and not decoded: `raw[start..end]`.
    raw: Box<[u8]>,
    start: usize,
    end: usize,
    at_end: bool,
    done: bool,
    text: Box<[u8]>,
    /// What was decoded and not handed out: `text[given..filled]`.
    given: usize,
    filled: usize,
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(file: R, encoding: Encoding) -> Self {
        let buffer = || vec![0; BUFFER].into_boxed_slice();
        Self {
            file,
            decoder: encoding.decoder(),
            raw: buffer(),
            start: 0,
            end: 0,
            at_end: false,
            done: false,
            text: buffer(),
            given: 0,
            filled: 0,
        }
    }

    /// Decodes the next piece; leaves nothing to hand out at the end of the file.
    fn fill(&mut self) -> io::Result<()> {
        (self.given, self.filled) = (0, 0);
        while self.filled == 0 && !self.done {
            if self.start == self.end && !self.at_end {
                (self.start, self.end) = (0, read_some(&mut self.file, &mut self.raw)?);
                self.at_end = self.end == 0;
            }
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(&self.raw[self.start..self.end], &mut self.text, self.at_end);
            self.start += read;
            self.filled = written;
            self.done = self.at_end && result == CoderResult::InputEmpty;
        }
        Ok(())
    }
}

/// Reads what is there, however often the system interrupts.
pub(super) fn read_some(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.filled {
            self.fill()?;
        }
        let length = buffer.len().min(self.filled - self.given);
        buffer[..length].copy_from_slice(&self.text[self.given..self.given + length]);
        self.given += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    use super::*;

    /// A reader that returns its bytes in pieces of a fixed size, so that characters are split.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.0.len().min(self.1).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn decoded(bytes: &[u8], encoding: Encoding, piece: usize) -> String {
        let mut text = String::new();
        Decoded::new(Pieces(bytes, piece), encoding).read_to_string(&mut text).expect("UTF-8");
        text
    }

    fn utf_16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn a_text_is_the_same_in_every_encoding_and_in_pieces_of_any_size() {
        let text = "会员号,昵称\nC-1,伟\n".repeat(3_000);
        let gbk = GB18030.encode(&text).0.into_owned();
        let (little, big) = (utf_16(&text, u16::to_le_bytes), utf_16(&text, u16::to_be_bytes));
        let cases: [(&[u8], Encoding); 4] = [
            (text.as_bytes(), Encoding::Utf8),
            (&gbk, Encoding::Gbk),
            (&little, Encoding::Utf16Le),
            (&big, Encoding::Utf16Be),
        ];
        for (bytes, encoding) in cases {
            for piece in [1, 7, 100_000] {
                assert_eq!(decoded(bytes, encoding, piece), text, "{encoding:?} {piece}");
            }
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        for encoding in [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be] {
            let mut bytes = match encoding {
                Encoding::Utf16Le => utf_16("\u{FEFF}茶", u16::to_le_bytes),
                Encoding::Utf16Be => utf_16("\u{FEFF}茶", u16::to_be_bytes),
                Encoding::Utf8 | Encoding::Gbk | Encoding::Big5 => "\u{FEFF}茶".as_bytes().to_vec(),
            };
            assert_eq!(Encoding::of_mark(&bytes), Some(encoding));
            assert_eq!(decoded(&bytes, encoding, 1), "茶");
            bytes.truncate(0);
            assert_eq!(Encoding::of_mark(&bytes), None);
        }
    }

    #[test]
    fn what_an_encoding_does_not_have_is_marked() {
        // The first byte of a character that was truncated by a column that was too short.
        assert_eq!(decoded(b"C-1,\xCE,1\n", Encoding::Gbk, 3), "C-1,\u{FFFD},1\n");
        assert_eq!(decoded(b"C-1,\xE4\xBD,1\n", Encoding::Utf8, 3), "C-1,\u{FFFD},1\n");
        assert_eq!(decoded(b"C-1,\xCE", Encoding::Gbk, 1), "C-1,\u{FFFD}");
    }

    proptest! {
        #[test]
        fn any_bytes_become_text(bytes in prop::collection::vec(any::<u8>(), 0..400), piece in 1_usize..50) {
            for encoding in Encoding::value_variants() {
                let text = decoded(&bytes, *encoding, piece);
                prop_assert!(text.len() <= bytes.len() * 3 + 3);
                prop_assert_eq!(text, decoded(&bytes, *encoding, 1_000));
            }
        }
    }
}
