// Paying in place: mounts the provider's form, confirms, and waits for our own server to say that
// the money has arrived. What the provider's page says is never taken as proof.
export default async function payment(element) {
  const part = (name) => element.querySelector(`[data-part="${name}"]`);
  const { dataset } = element;
  const [form, button, wait] = ["form", "pay", "wait"].map(part);
  const patience = 60_000;

  part("unscripted").hidden = true;
  element.addEventListener("hold-over", () => watch({ once: true }));
  if (dataset.processing) return watch();
  if (new URLSearchParams(location.search).has("payment_intent")) return watch({ wait: true });

  part("skeleton").hidden = false;
  let keptUntil = performance.now() + 60_000;
  let stripe;
  let elements;
  try {
    await load(dataset.stripeJs);
    stripe = Stripe(dataset.publishableKey, {
      locale: dataset.locale,
      ...(dataset.account && { stripeAccount: dataset.account }),
    });
    elements = stripe.elements({ clientSecret: dataset.clientSecret, appearance: appearance() });
    const card = elements.create("payment", { layout: "tabs" });
    card.on("ready", ready);
    card.on("change", keep);
    card.on("loaderror", () => fail(dataset.wordsUnreachable));
    form.hidden = false;
    card.mount(part("mount"));
  } catch {
    part("skeleton").hidden = true;
    form.hidden = false;
    button.hidden = true;
    return fail(dataset.wordsUnreachable);
  }

  // Whoever is typing is still buying: the things are kept a little longer, at most once a minute.
  async function keep() {
    if (performance.now() < keptUntil) return;
    keptUntil = performance.now() + 60_000;
    const answer = await fetch(dataset.holdUrl, { method: "POST" }).catch(() => null);
    if (!answer?.ok) return;
    const detail = (await answer.json()).seconds_left;
    element.querySelector(".hold")?.dispatchEvent(new CustomEvent("hold-extended", { detail }));
  }

  function ready() {
    part("skeleton").hidden = true;
    button.disabled = false;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.ariaBusy === "true") return;
    part("error").hidden = true;
    button.ariaBusy = "true";
    const result = await confirm();
    if (result.error) return fail(explain(result.error));
    watch({ wait: true });
  });

  async function confirm() {
    try {
      return await stripe.confirmPayment({
        elements,
        confirmParams: { return_url: location.href },
        redirect: "if_required",
      });
    } catch {
      return { error: { message: dataset.wordsUnreachable } };
    }
  }

  function explain({ type, message }) {
    if (!message) return dataset.wordsFailed;
    return type === "card_error" ? `${message} ${dataset.wordsAgain}` : message;
  }

  function fail(words) {
    button.removeAttribute("aria-busy");
    part("skeleton").hidden = true;
    part("error-words").textContent = words;
    part("error").hidden = false;
    part("error").scrollIntoView({ block: "nearest" });
  }

  // Asks our server until the order has left the state in which it waits for money.
  async function watch({ once = false, wait: isWaiting = !once } = {}) {
    if (isWaiting) {
      form.hidden = part("skeleton").hidden = true;
      wait.hidden = false;
    }
    const begun = performance.now();
    for (let pause = 400; ; pause = Math.min(pause * 1.4, 5000)) {
      const status = await ask();
      if (status && !["awaiting_payment", "processing"].includes(status)) return location.reload();
      if (once && status) return;
      if (performance.now() - begun > patience) part("wait-words").textContent = dataset.wordsSlow;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async function ask() {
    try {
      const answer = await fetch(dataset.orderUrl, { headers: { Accept: "application/json" } });
      return answer.ok ? (await answer.json()).status : null;
    } catch {
      return null;
    }
  }

  function load(src) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src, onload: resolve, onerror: reject });
      document.head.append(script);
    });
  }

  function appearance() {
    const style = getComputedStyle(document.documentElement);
    const token = (name) => style.getPropertyValue(name).trim();
    return {
      theme: matchMedia("(prefers-color-scheme: dark)").matches ? "night" : "stripe",
      variables: {
        borderRadius: "8px",
        colorBackground: token("--surface"),
        colorDanger: token("--bad"),
        colorPrimary: token("--accent-ink"),
        colorText: token("--ink"),
        colorTextPlaceholder: token("--ink-faint"),
        colorTextSecondary: token("--ink-soft"),
        fontFamily: getComputedStyle(document.body).fontFamily,
        fontSizeBase: "16px",
      },
      rules: { ".Input": { border: `1px solid ${token("--line-field")}` } },
    };
  }
}
