// Shows the QR page of the sandbox in a frame. Takes the options of WeChat's script of the same name.
(function (window, document) {
  "use strict";
  var own = document.currentScript ? new URL(document.currentScript.src).origin : window.location.origin;
  // At WeChat the script has a host of its own, which has no pages.
  own = own.replace("//res.wx.qq.com", "//open.weixin.qq.com");
  // In the order and under the names in which the QR page reads them.
  var plain = ["styletype", "sizetype", "bgcolor", "rst", "style", "href", "stylelite", "fast_login"];

  function address(options) {
    var self = options.self_redirect === true ? "true" : options.self_redirect === false ? "false" : "default";
    // redirect_uri is not encoded here: the page that calls must have done it, as at WeChat.
    var link = own + "/connect/qrconnect?appid=" + options.appid + "&scope=" + options.scope +
      "&redirect_uri=" + options.redirect_uri + "&state=" + (options.state || "") +
      "&response_type=code&login_type=jssdk&self_redirect=" + self;
    plain.forEach(function (name) {
      if (options[name] !== undefined) link += "&" + name + "=" + encodeURIComponent(options[name]);
    });
    return options.lang === "en" ? link + "&lang=en" : link;
  }

  window.WxLogin = function (options) {
    var frame = document.createElement("iframe");
    frame.src = address(options);
    frame.width = "300px";
    frame.height = "400px";
    frame.style.border = "0";
    frame.setAttribute("sandbox", "allow-forms allow-popups allow-same-origin allow-scripts allow-top-navigation");
    frame.onload = function () {
      if (typeof options.onReady === "function") options.onReady(true);
    };
    var place = document.getElementById(options.id);
    place.innerHTML = "";
    place.appendChild(frame);
  };
})(window, document);
