//! The keys of an app: its own and Alipay's, given as a key (公钥) or as certificates (公钥证书).

use super::certificate::{self, NumberedKey};
use super::sign::{PrivateKey, PublicKey};
use crate::Checks;

/// The keys as the settings have them.
pub(super) struct Texts<'a> {
    pub(super) private_key: Option<&'a str>,
    pub(super) alipay_public_key: Option<&'a str>,
    pub(super) app_cert: Option<&'a str>,
    pub(super) alipay_cert: Option<&'a str>,
    pub(super) alipay_root_cert: Option<&'a str>,
}

/// The keys of an app.
#[derive(Debug)]
pub(super) struct Keys {
    /// Signs requests.
    pub(super) private: PrivateKey,
    /// Verifies answers.
    pub(super) public: PublicKey,
    certificates: Option<Certificates>,
}

/// The numbers of the certificates.
#[derive(Debug)]
struct Certificates {
    app: String,
    alipay: String,
    roots: String,
}

impl Keys {
    /// Reads the keys and notes every mistake in them. The caller notes a missing private key.
    pub(super) fn read(checks: &mut Checks, texts: &Texts<'_>) -> Option<Self> {
        let private = texts.private_key.filter(|text| !text.trim().is_empty()).and_then(|text| {
            let problem = "is not an RSA private key of 2048 bits or more, in base64 or PEM";
            PrivateKey::parse(text).or_else(|| noted(checks, "private_key", problem))
        });
        if [texts.app_cert, texts.alipay_cert, texts.alipay_root_cert].iter().any(Option::is_some) {
            return Self::of_certificates(checks, texts, private);
        }
        let public = match texts.alipay_public_key.map(PublicKey::parse) {
            None => noted(checks, "alipay_public_key", "is missing"),
            Some(None) => {
                let problem = "is not an RSA public key of 2048 bits or more, in base64 or PEM; a certificate is the \
                               setting alipay_cert";
                noted(checks, "alipay_public_key", problem)
            }
            Some(known) => known,
        };
        let (private, public) = private.zip(public)?;
        if private.belongs_to(&public) {
            let problem =
                "is the app's own key (应用公钥); Alipay shows its own (支付宝公钥) after that one is uploaded";
            checks.note("alipay_public_key", problem);
        }
        Some(Self { private, public, certificates: None })
    }

    fn of_certificates(checks: &mut Checks, texts: &Texts<'_>, private: Option<PrivateKey>) -> Option<Self> {
        if texts.alipay_public_key.is_some() {
            checks.note("alipay_public_key", "is not used with certificates: leave it out, or the certificates");
        }
        let problem = "is not a certificate with an RSA key of 2048 bits or more, as PEM";
        let app = read(checks, ("app_cert", texts.app_cert), (NumberedKey::parse, problem));
        let alipay = read(checks, ("alipay_cert", texts.alipay_cert), (NumberedKey::parse, problem));
        let problem = "is not a file of root certificates, as PEM, with one whose signature is RSA";
        let roots = read(checks, ("alipay_root_cert", texts.alipay_root_cert), (certificate::roots, problem));
        if let Some((private, app)) = private.as_ref().zip(app.as_ref())
            && !private.belongs_to(&app.key)
        {
            checks.note("app_cert", "is of another key than private_key");
        }
        if let Some((private, alipay)) = private.as_ref().zip(alipay.as_ref())
            && private.belongs_to(&alipay.key)
        {
            let problem = "is the app's own certificate (应用公钥证书); Alipay's is alipayCertPublicKey_RSA2.crt";
            checks.note("alipay_cert", problem);
        }
        let ((private, app), (alipay, roots)) = private.zip(app).zip(alipay.zip(roots))?;
        let certificates = Certificates { app: app.number, alipay: alipay.number, roots };
        Some(Self { private, public: alipay.key, certificates: Some(certificates) })
    }

    /// Returns the parameters that name the certificates in a request.
    pub(super) fn named(&self) -> Vec<(&str, &str)> {
        let Some(certificates) = &self.certificates else { return Vec::new() };
        vec![("app_cert_sn", &certificates.app), ("alipay_root_cert_sn", &certificates.roots)]
    }

    /// Returns what to do about an answer whose signature is not of the public key, given the certificate that it names.
    pub(super) fn advice(&self, named: Option<&str>) -> &'static str {
        match &self.certificates {
            None => "check alipay_public_key",
            Some(certificates) if named.is_some_and(|named| named != certificates.alipay) => {
                "it names another certificate: download alipay_cert again"
            }
            Some(_) => "check alipay_cert",
        }
    }
}

type Parse<T> = (fn(&str) -> Option<T>, &'static str);

fn read<T>(checks: &mut Checks, (path, text): (&str, Option<&str>), (parse, problem): Parse<T>) -> Option<T> {
    let Some(text) = text else {
        return noted(checks, path, "is missing: certificates are app_cert, alipay_cert and alipay_root_cert");
    };
    parse(text).or_else(|| noted(checks, path, problem))
}

fn noted<T>(checks: &mut Checks, path: &str, problem: &str) -> Option<T> {
    checks.note(path, problem);
    None
}
