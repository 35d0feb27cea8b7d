//! Describes the device of a login in a few words, from the `User-Agent` header. The header itself is not stored,
//! because it reveals more about a person than needed.

/// Substrings that identify a program, specific ones first: most programs also contain the substrings of later ones.
const PROGRAMS: [(&str, &str); 11] = [
    ("wxwork", "WeCom"),
    ("miniProgram", "WeChat mini program"),
    ("MicroMessenger", "WeChat"),
    ("AlipayClient", "Alipay"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("HuaweiBrowser", "Huawei browser"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Substrings that identify a system, specific ones first.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
];

/// Returns a description such as `WeChat on iPhone`, or a part of it. It contains no text of the client.
#[must_use]
pub fn device_of(user_agent: &str) -> Option<String> {
    let find = |signs: &[(&str, &'static str)]| {
        signs.iter().find(|(sign, _)| user_agent.contains(sign)).map(|(_, name)| *name)
    };
    match (find(&PROGRAMS), find(&SYSTEMS)) {
        (Some(program), Some(system)) => Some(format!("{program} on {system}")),
        (Some(only), None) | (None, Some(only)) => Some(only.to_owned()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_by_the_most_particular_of_its_names() {
        let told = |text: &str| device_of(text).unwrap_or_default();
        let webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";

        assert_eq!(
            told(&format!(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) {webkit} Mobile/15E148 MicroMessenger/8.0.50"
            )),
            "WeChat on iPhone"
        );
        assert_eq!(
            told(&format!(
                "Mozilla/5.0 (Linux; Android 14) {webkit} Chrome/116.0 MMWEBID/1 MicroMessenger/8.0 miniProgram/wx1"
            )),
            "WeChat mini program on Android"
        );
        assert_eq!(
            told(&format!("Mozilla/5.0 (Windows NT 10.0) {webkit} Chrome/126.0 Safari/537.36 Edg/126.0")),
            "Edge on Windows"
        );
        assert_eq!(told(&format!("Mozilla/5.0 (Macintosh) {webkit} Version/17.0 Safari/605.1.15")), "Safari on Mac");
        assert_eq!(told("okhttp/4.12 (Android 14)"), "Android");
        assert_eq!(told("<script>curl</script>"), "");
    }

    #[test]
    fn every_label_fits_into_its_column() {
        for (program, _) in PROGRAMS {
            for (system, _) in SYSTEMS {
                assert!(device_of(&format!("{program} {system}")).is_some_and(|label| label.len() <= 64));
            }
        }
    }
}
