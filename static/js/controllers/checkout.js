// Asks only what the chosen way needs: a store for pick-up, an address for shipping; and shows what
// that way costs as soon as it is known.
import leadToFaults from "./faults.js";

export default function checkout(form) {
  const needed = ["address_line1", "address_postcode", "address_city", "address_country"];
  const priced = ["fulfilment", "address_country", "address_region"];
  const told = ["placement", "in", "c", ...priced];
  const shown = document.querySelector('[data-part="quote"]');
  const summary = document.querySelector('[data-part="summary-total"]');
  const go = form.querySelector('[data-part="go"]');
  let asked = 0;

  function fit() {
    const way = form.elements.fulfilment.value;
    for (const part of form.querySelectorAll("[data-when]")) {
      part.hidden = part.disabled = part.dataset.when !== way;
    }
    for (const name of needed) {
      if (form.elements[name]) form.elements[name].required = way === "shipping";
    }
  }

  // What the answer does not know stays unknown: the server then shows the total before anything
  // is ordered, as it does without script.
  async function quote() {
    const turn = ++asked;
    const body = new FormData(form);
    for (const name of [...body.keys()]) if (!told.includes(name)) body.delete(name);
    const answer = await fetch(form.dataset.quotes, {
      method: "POST",
      headers: { Accept: "text/html" },
      body: new URLSearchParams(body),
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const sums = page.querySelector('[data-part="quote"]');
    if (!sums || turn !== asked) return;
    shown.replaceChildren(...sums.childNodes);
    form.elements.seen_total.value = sums.dataset.seen;
    form.elements.seen_offers.value = sums.dataset.offers;
    summary.textContent = sums.dataset.total;
    const { words, wordsFree } = form.dataset;
    const { seen, total } = sums.dataset;
    if (seen === "0") go.textContent = wordsFree;
    else go.textContent = seen ? `${words} · ${total}` : words;
  }

  // A code changes the cart that the page carries, and nothing that was typed.
  async function change(codes) {
    const body = new URLSearchParams(new FormData(codes));
    // The form has a field called action, which hides the property.
    const answer = await fetch(codes.getAttribute("action"), { method: "POST", body });
    const cart = new URL(answer.url).searchParams.get("c") ?? "";
    for (const field of document.querySelectorAll('input[name="c"]')) field.value = cart;
    history.replaceState(null, "", answer.url);
    codes.reset();
    await quote();
  }

  document.addEventListener("submit", (event) => {
    if (event.target.dataset.part !== "code") return;
    event.preventDefault();
    change(event.target).catch(() => event.target.submit());
  });
  form.addEventListener("change", ({ target }) => {
    if (target.name === "fulfilment") fit();
    if (priced.includes(target.name)) quote().catch(() => {});
  });
  fit();
  leadToFaults(form);
}
