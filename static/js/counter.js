// The counter's one script. Every form works without it; with it a code is checked before it is
// sent, the camera reads, answers sound, and a request whose answer was lost is sent again with the
// same key, so that nothing is taken twice.
import cue from "./counter/cue.js";
import mistyped from "./counter/check.js";
import scan from "./counter/scan.js";

let busy = false;
let stopScanning;

const field = () => document.querySelector('input[name="code"]');
const part = (name) => document.querySelector(`[data-part="${name}"]`);

// Puts one of the answers that the page has ready above everything else, read out at once.
function say(name, blanks = {}) {
  document.querySelectorAll(".answer").forEach((old) => old.remove());
  const answer = part(name).content.firstElementChild.cloneNode(true);
  for (const [blank, value] of Object.entries(blanks)) {
    answer.querySelectorAll(`[data-blank="${blank}"]`).forEach((each) => (each.textContent = value));
  }
  document.getElementById("main").prepend(answer);
  scrollTo(0, 0);
  cue(answer.dataset.cue);
}

// A code that cannot be one is said so here: no attempt is spent.
function refuseMistyped(form) {
  const input = form.elements.code;
  const place = mistyped(input.value);
  if (place === undefined) return false;
  say(place ? "misplaced" : "mistyped", { place });
  input.focus();
  if (place) selectSymbol(input, place);
  else input.select();
  return true;
}

function selectSymbol(input, place) {
  let seen = 0;
  for (let at = 0; at < input.value.length; at += 1) {
    if (!/[\s\p{Pd}]/u.test(input.value[at])) seen += 1;
    if (seen === place) return input.setSelectionRange(at, at + 1);
  }
}

async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  busy = true;
  submitter?.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body,
      headers: { Accept: "text/html" },
      signal: AbortSignal.timeout(20000),
    });
    show(await response.text(), response);
  } catch {
    say(navigator.onLine ? "lost" : "offline");
  } finally {
    busy = false;
    submitter?.removeAttribute("aria-busy");
  }
}

function show(html, response) {
  const page = new DOMParser().parseFromString(html, "text/html");
  if (!page.querySelector("main.counter")) {
    return say(response.status >= 500 ? "lost" : "refused", {
      why: page.querySelector("main p")?.textContent ?? "",
    });
  }
  stopScanning?.();
  document.body.replaceWith(page.body);
  document.title = page.title;
  if (response.redirected) history.pushState({}, "", response.url);
  scrollTo(0, 0);
  wire();
  // What had the focus is gone; without a field to type in, the keyboard goes on with the answer.
  const main = document.getElementById("main");
  if (document.activeElement === document.body) main.focus({ preventScroll: true });
}

function wire() {
  const scanner = document.querySelector('[data-controller="scan"]');
  stopScanning = scanner && navigator.mediaDevices ? scan(scanner, take) : undefined;
  const answer = document.querySelector("[data-cue]");
  if (answer) cue(answer.dataset.cue);
  // A hand scanner types; on a telephone the keyboard would cover the page.
  if (matchMedia("(pointer: fine)").matches) field()?.focus();
  part("network").hidden = navigator.onLine;
  document.querySelectorAll('[data-controller="print"]').forEach((each) => (each.hidden = false));
}

function take(text) {
  field().value = text;
  field().form.requestSubmit();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (busy) return event.preventDefault();
  if (form.dataset.swap === undefined) return undefined;
  event.preventDefault();
  if (!navigator.onLine) return say("offline");
  if (form.elements.code && refuseMistyped(form)) return undefined;
  return send(form, event.submitter);
});

// What a hand scanner types goes to the code, wherever the last tap was.
document.addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey, target }) => {
  if (key.length > 1 || ctrlKey || metaKey || altKey) return;
  if (!target.closest("input, textarea, select, button, a, summary")) field()?.focus();
});

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-controller="print"]')) print();
});

// Whoever writes an amount means a part.
document.addEventListener("input", ({ target }) => {
  const partly = target.form?.querySelector('input[name="how"][value="part"]');
  if (target.name === "amount" && partly) partly.checked = true;
});

addEventListener("popstate", () => location.reload());
addEventListener("online", () => (part("network").hidden = true));
addEventListener("offline", () => (part("network").hidden = false));
wire();
