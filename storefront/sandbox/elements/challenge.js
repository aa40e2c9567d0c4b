// The buyer's confirmation: tells the sandbox the outcome, then the page that asked for it.
(() => {
  "use strict";

  const query = new URLSearchParams(location.search);
  const main = document.querySelector("main");
  const message = document.getElementById("message");
  const buttons = document.querySelectorAll("[data-outcome]");

  const returnAddress = (back, status) => {
    const url = new URL(back);
    url.searchParams.set("payment_intent", main.dataset.intent);
    url.searchParams.set("payment_intent_client_secret", query.get("client_secret"));
    url.searchParams.set("redirect_status", status === "succeeded" ? "succeeded" : "failed");
    return url.href;
  };

  const finish = (status) => {
    const origin = query.get("origin");
    const back = query.get("return_url");
    if (origin && parent !== window) {
      parent.postMessage({ sandbox: "stripe", type: "challenged", intent: main.dataset.intent }, origin);
    } else if (back && /^https?:/.test(back)) {
      location.replace(returnAddress(back, status));
    } else {
      message.textContent = status ? message.dataset.return : message.dataset.over;
    }
  };

  const answer = async (outcome) => {
    for (const button of buttons) button.disabled = true;
    const response = await fetch(`/sandbox/challenges/${encodeURIComponent(main.dataset.intent)}`, {
      method: "POST",
      body: new URLSearchParams({ client_secret: query.get("client_secret"), outcome }),
    }).catch(() => null);
    finish(response && response.ok ? (await response.json()).status : "");
  };

  for (const button of buttons) {
    button.addEventListener("click", () => answer(button.dataset.outcome));
  }
  if (parent !== window && buttons.length) buttons[0].focus();
})();
