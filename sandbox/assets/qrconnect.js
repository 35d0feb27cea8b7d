// Asks how far the phone has come and goes on when it has confirmed. The numbers and pauses are those of WeChat's page.
(function () {
  "use strict";
  var main = document.querySelector("main.qr");
  var panels = Array.prototype.slice.call(document.querySelectorAll("[data-panel]"));
  var over = false;

  function show(number) {
    panels.forEach(function (panel) {
      panel.hidden = panel.getAttribute("data-panel") !== String(number);
    });
  }

  function back(code) {
    var address = main.dataset.back + "code=" + code + "&state=" + encodeURIComponent(main.dataset.state);
    var inside = main.dataset.selfRedirect === "true" || window.top === window;
    (inside ? window : window.top).location = address;
  }

  function ask(last) {
    if (over) return;
    var script = document.createElement("script");
    script.src = main.dataset.poll + (last ? "&last=" + last : "") + "&_=" + Date.now();
    script.onload = function () {
      script.remove();
      if (!over) heard(window.wx_errcode, window.wx_code, last);
    };
    script.onerror = function () {
      script.remove();
      setTimeout(ask, 5000, last);
    };
    document.head.appendChild(script);
  }

  function heard(number, code, last) {
    switch (number) {
      case 405:
        over = true;
        if (code) back(code);
        break;
      case 404:
        show(404);
        setTimeout(ask, 100, 404);
        break;
      case 403:
        show(403);
        setTimeout(ask, 2000, 403);
        break;
      case 402:
      case 500:
        window.location.reload();
        break;
      default:
        // 408, nothing new: WeChat's page waits two seconds; its poll is longer than ours, so ours waits less.
        setTimeout(ask, 200, last);
    }
  }

  // "Scan as" leaves the page with the code; a poll that heard of it too would bring the same code twice.
  document.querySelector(".scan-as").addEventListener("submit", function () {
    over = true;
  });
  ask();
})();
