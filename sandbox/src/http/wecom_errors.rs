//! WeCom's error texts: its own text for some numbers, followed by a link to the page about the number.

use crate::clock::Seconds;
use crate::dice;

use super::errcode::Errcode;

/// Returns the `errmsg` of a failure; `usual` is WeChat's text, for numbers without one of WeCom's own.
///
/// The hint is the time and fifteen digits. The address is that of this machine, from which a sandbox is usually called.
pub(super) fn errmsg(errcode: Errcode, usual: &str, now: Seconds) -> String {
    let words = words(errcode).unwrap_or(usual);
    let digits = u64::from_be_bytes(dice::bytes()) % 1_000_000_000_000_000;
    let number = errcode.0;
    format!(
        "{words}, hint: [{now}{digits:015}], from ip: 127.0.0.1, \
         more info at https://open.work.weixin.qq.com/devtool/query?e={number}"
    )
}

/// Returns the text, if it differs from WeChat's.
fn words(errcode: Errcode) -> Option<&'static str> {
    match errcode.0 {
        40001 => Some("invalid credential"),
        40005 => Some("invalid type"),
        40013 => Some("invalid corpid"),
        40058 => Some("invalid param 'user_ticket'"),
        41002 => Some("corpid missing"),
        41004 => Some("corpsecret missing"),
        50001 => Some("redirect_uri unauthorized"),
        _ => None,
    }
}
