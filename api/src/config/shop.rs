//! The sandbox and the demo shop: their addresses, and the permissions that a front end on another origin needs.

use url::Url;

use super::sections::{Config, Mode};

impl Config {
    /// Returns the sandbox's address, if one runs.
    #[must_use]
    pub fn sandbox_url(&self) -> Option<Url> {
        // A socket address is always a valid authority.
        self.sandbox.enabled.then(|| Url::parse(&format!("http://{}", self.sandbox.listen)).ok()).flatten()
    }

    /// Returns the address of the demo shop, if it is served: the host of the API with the shop's port, so that the two are
    /// one site for cookies.
    #[must_use]
    pub fn shop_url(&self) -> Option<Url> {
        // Production refuses the sandbox, and what the shop adds is none of the operator's mistakes.
        let is_possible = self.sandbox.enabled && self.mode == Mode::Development;
        let listen = self.sandbox.shop.filter(|_| is_possible)?;
        let api = Url::parse(&self.public_url()).ok()?;
        Url::parse(&format!("http://{}:{}", api.host_str()?, listen.port())).ok()
    }

    /// Allows the shop's origin to call the API, and logins to return to the page that each app has in the shop.
    pub(super) fn admit_shop(&mut self) {
        let Some(url) = self.shop_url() else { return };
        self.http.allowed_origins.push(url.origin().ascii_serialization());
        for app in self.apps.iter_mut().filter(|app| !app.return_to.is_empty()) {
            app.return_to.push(format!("{url}{}", app.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::read::{Source, load};

    fn settings(changes: &[&str]) -> super::Config {
        let arguments = changes.iter().map(|&change| change.to_owned()).collect();
        load(&Source { demo: true, arguments, ..Source::default() }).expect("the demo's settings are valid")
    }

    #[test]
    fn the_demo_admits_its_shop_on_the_host_of_the_api() {
        let config = settings(&["http.public_url=http://localhost:8000"]);

        let returns: Vec<_> = config.apps.iter().map(|app| app.return_to.join(" ")).collect();
        assert_eq!(config.http.allowed_origins, ["http://localhost:8002"]);
        assert_eq!(returns[0], "/playground /qr/back http://localhost:8002/shop");
        // A mini program and a mobile app have no pages.
        assert_eq!(returns[4..], ["", ""]);
    }

    #[test]
    fn without_a_shop_nothing_is_admitted() {
        for change in ["sandbox.shop=", "sandbox.enabled=false"] {
            let config = settings(&[change, "sms.sender=none"]);

            assert_eq!(config.shop_url(), None, "{change}");
            assert_eq!(config.http.allowed_origins, [""; 0], "{change}");
            assert_eq!(config.apps[0].return_to, ["/playground", "/qr/back"], "{change}");
        }
    }
}
