//! A person shows a phone number in a mini program, and WeChat vouches for it.
//! What the number leads to is the same as with one that was proved by SMS: see `phone`.

use domain::AppName;
use domain::binding::{Claim, NumberProof, Purpose};
use providers::{PhoneCheck, ShownPhone};

use super::phone::Proved;
use super::{Bound, SignedIn};
use crate::error::{ApiError, ErrorCode};
use crate::service::Service;

/// What a mini program brings.
#[derive(Debug)]
pub struct WechatPhone {
    /// The mini program.
    pub app: AppName,
    /// Which button was tapped. WeChat's answer does not tell, so the app's configuration has to agree.
    pub kind: PhoneCheck,
    /// What the button gave.
    pub shown: ShownPhone,
    /// What the person says about a number with an old proof (R6).
    pub claim: Claim,
}

impl Service {
    /// Binds a number that WeChat tells to the caller, or takes the caller to the number's account.
    pub async fn bind_phone_with_wechat(&self, caller: &SignedIn, input: &WechatPhone) -> Result<Bound, ApiError> {
        let app = self.app(&input.app)?;
        let can = app.provider.abilities().phone.contains(&input.kind);
        if !can || app.phone_codes != input.kind || !gives(input.kind, &input.shown) {
            return Err(ApiError::refused(ErrorCode::PhoneCheckUnsupported));
        }
        let proof = match input.kind {
            PhoneCheck::Quick => NumberProof::WechatQuick,
            PhoneCheck::RealTime => NumberProof::WechatRealTime,
        };
        let number = app.provider.phone_number(&input.shown).await?;
        self.bind_proved(caller, &Proved { number, proof, purpose: Purpose::Bind, claim: input.claim, code: None })
            .await
    }
}

/// Can the button give this? Only the quick one ever gave encrypted numbers.
fn gives(kind: PhoneCheck, shown: &ShownPhone) -> bool {
    match (kind, shown) {
        (PhoneCheck::Quick, ShownPhone::Code(_) | ShownPhone::Encrypted { .. })
        | (PhoneCheck::RealTime, ShownPhone::Code(_)) => true,
        (PhoneCheck::RealTime, ShownPhone::Encrypted { .. }) => false,
    }
}
