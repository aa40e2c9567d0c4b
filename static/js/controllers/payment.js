// Paying in place: mounts the provider's form, confirms, and waits for our own server to say that
// the money has arrived. What the provider's page says is never taken as proof, and where it says
// nothing sure we look ourselves before we say anything about money.
export default async function payment(element) {
  const part = (name) => element.querySelector(`[data-part="${name}"]`);
  const { dataset } = element;
  const [form, button, wait, note] = ["form", "pay", "wait", "note"].map(part);
  const hold = element.querySelector(".hold");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  part("unscripted").hidden = true;
  element.addEventListener("hold-over", over);
  if (dataset.waiting) return watch();
  if (new URLSearchParams(location.search).has("payment_intent")) return watch();

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
    dark.addEventListener("change", () => elements.update({ appearance: appearance() }));
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
    hold?.dispatchEvent(new CustomEvent("hold-extended", { detail }));
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
    const { error } = await confirm();
    if (error && isSure(error)) return fail(explain(error));
    await watch({ most: error ? 12_000 : Infinity });
    fail(dataset.wordsUnclear);
  });

  // A silent provider is said to be one, and our own server is asked meanwhile.
  async function confirm() {
    const words = note.textContent;
    const hint = setTimeout(() => (note.textContent = dataset.wordsStill), 8000);
    const looking = setInterval(look, 5000);
    try {
      return await stripe.confirmPayment({
        elements,
        confirmParams: { return_url: location.href },
        redirect: "if_required",
      });
    } catch {
      return { error: {} };
    } finally {
      clearTimeout(hint);
      clearInterval(looking);
      note.textContent = words;
    }
  }

  // Whether the provider has surely taken no money. A silence and an error of its own say nothing.
  function isSure({ type, code }) {
    return ["card_error", "validation_error"].includes(type) || isUnproven(code);
  }

  function isUnproven(code) {
    return code === "payment_intent_authentication_failure";
  }

  function explain({ type, code, message }) {
    if (isUnproven(code)) return dataset.wordsUnproven;
    if (!message) return dataset.wordsFailed;
    return type === "card_error" ? `${message} ${dataset.wordsAgain}` : message;
  }

  function fail(words) {
    button.removeAttribute("aria-busy");
    part("skeleton").hidden = wait.hidden = true;
    form.hidden = false;
    if (hold) hold.hidden = false;
    part("error-words").textContent = words;
    part("error").hidden = false;
    part("error").scrollIntoView({ block: "nearest" });
  }

  // Asks our server until the order has left the state in which it waits for money, or for `most`
  // milliseconds. A bank that has decided against it leads back to the form.
  async function watch({ most = Infinity } = {}) {
    form.hidden = part("skeleton").hidden = true;
    wait.hidden = false;
    if (hold) hold.hidden = true;
    let wasProcessing = Boolean(dataset.waiting);
    const begun = performance.now();
    let nextQuestion = 6000;
    for (let rest = 400; ; rest = Math.min(rest * 1.4, 5000)) {
      const order = await ask();
      if (isOver(order) || (wasProcessing && order?.status === "awaiting_payment")) {
        return location.reload();
      }
      wasProcessing ||= order?.status === "processing";
      const waited = performance.now() - begun;
      if (waited > most) return;
      if (waited > 60_000) part("wait-words").textContent = dataset.wordsSlow;
      if (waited > nextQuestion) {
        nextQuestion += 30_000;
        fetch(dataset.questionUrl, { method: "POST" }).catch(() => null);
      }
      await pause(rest);
    }
  }

  async function look() {
    if (isOver(await ask())) location.reload();
  }

  // The page of an order whose time is up says so; whoever is just paying is not interrupted.
  async function over() {
    if (button.ariaBusy === "true") return look();
    const order = await ask();
    if (order && order.status !== "awaiting_payment") location.reload();
  }

  function isOver(order) {
    const isOpen = ["awaiting_payment", "processing"].includes(order?.status);
    return Boolean(order) && !isOpen && !order.is_settling;
  }

  async function ask() {
    try {
      const answer = await fetch(dataset.orderUrl, { headers: { Accept: "application/json" } });
      return answer.ok ? await answer.json() : null;
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
      theme: dark.matches ? "night" : "stripe",
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
