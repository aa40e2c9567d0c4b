// The buyer's confirmation: tells the sandbox the outcome, then the page that asked for it.
(() => {
  "use strict";

  const query = new URLSearchParams(location.search);
  const main = document.querySelector("main");
  const message = document.getElementById("message");
  const buttons = document.querySelectorAll("[data-outcome]");

  const finish = (state) => {
    const origin = query.get("origin");
    const back = query.get("return_url");
    if (origin && parent !== window) {
      parent.postMessage({ sandbox: "stripe", type: "challenged", intent: main.dataset.intent }, origin);
    } else if (back && /^https?:/.test(back)) {
      location.replace(back);
    } else {
      message.textContent = state ? message.dataset.return : message.dataset.over;
    }
  };

  const answer = async (outcome) => {
    for (const button of buttons) button.disabled = true;
    const response = await fetch(`/sandbox/challenges/${encodeURIComponent(main.dataset.intent)}`, {
      method: "POST",
      body: new URLSearchParams({ client_secret: query.get("client_secret"), outcome }),
    }).catch(() => null);
    finish(Boolean(response && response.ok));
  };

  for (const button of buttons) {
    button.addEventListener("click", () => answer(button.dataset.outcome));
  }
  if (parent !== window && buttons.length) buttons[0].focus();
})();
