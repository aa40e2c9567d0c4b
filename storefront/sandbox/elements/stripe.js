// The sandbox's stand-in for Stripe.js: the part of its interface that a shop with one card form
// uses. The form lives in a frame of the sandbox's origin; this script only passes messages.
(() => {
  "use strict";

  const ORIGIN = new URL(document.currentScript.src).origin;
  const TITLES = { en: "Secure card form", zh: "安全支付表单", "zh-hant": "安全付款表單" };
  let lastElement = 0;
  let lastCall = 0;

  const localeOf = (locale) => (!locale || locale === "auto" ? navigator.language || "en" : locale);

  const titleFor = (locale) => {
    const wanted = locale.toLowerCase().replace("_", "-");
    if (!wanted.startsWith("zh")) return TITLES.en;
    return /hant|tw|hk|mo/.test(wanted) ? TITLES["zh-hant"] : TITLES.zh;
  };

  const address = (path, values) => {
    const url = new URL(path, ORIGIN);
    for (const [name, value] of Object.entries(values)) {
      if (value) url.searchParams.set(name, value);
    }
    return url.href;
  };

  const style = (node, rules) => Object.assign(node.style, rules);

  // One mounted form: its frame, its listeners, and the calls it has not answered yet.
  class Element {
    constructor(kind, setup, options) {
      this._kind = kind;
      this._setup = setup;
      this._options = options || {};
      this._listeners = {};
      this._waiting = new Map();
      this._onMessage = (event) => this._receive(event);
    }

    mount(target) {
      const place = typeof target === "string" ? document.querySelector(target) : target;
      if (!place) throw new Error(`Stripe: there is no element ${target} to mount into.`);
      this.unmount();
      lastElement += 1;
      this._id = `element-${lastElement}`;
      this._ready = new Promise((resolve) => {
        this._tellReady = resolve;
      });
      this._frame = this._makeFrame();
      addEventListener("message", this._onMessage);
      place.replaceChildren(this._frame);
      return this;
    }

    unmount() {
      removeEventListener("message", this._onMessage);
      if (this._frame) this._frame.remove();
      this._frame = null;
      for (const resolve of this._waiting.values()) {
        resolve({ error: { type: "api_error", message: "The payment form was removed." } });
      }
      this._waiting.clear();
      return this;
    }

    destroy() {
      this.unmount();
      this._listeners = {};
      this._setup.elements.delete(this);
    }

    on(name, handler) {
      (this._listeners[name] ||= []).push(handler);
      return this;
    }

    once(name, handler) {
      const once = (event) => {
        this.off(name, once);
        handler(event);
      };
      return this.on(name, once);
    }

    off(name, handler) {
      const kept = (this._listeners[name] || []).filter((other) => handler && other !== handler);
      this._listeners[name] = kept;
      return this;
    }

    update(options) {
      Object.assign(this._options, options);
      if (this._frame) this._freeze();
      return this;
    }

    focus() {
      this._call("focus");
    }

    blur() {
      this._call("blur");
    }

    clear() {
      this._call("clear");
    }

    async _call(type, data = {}) {
      if (!this._frame) {
        return { error: { type: "invalid_request_error", message: "The payment form is not mounted." } };
      }
      await this._ready;
      lastCall += 1;
      const call = lastCall;
      const reply = new Promise((resolve) => this._waiting.set(call, resolve));
      this._post({ ...data, type, call });
      return reply;
    }

    _post(message) {
      const window = this._frame.contentWindow;
      window.postMessage({ ...message, sandbox: "stripe", element: this._id }, ORIGIN);
    }

    _makeFrame() {
      const frame = document.createElement("iframe");
      const locale = localeOf(this._setup.locale);
      frame.title = titleFor(locale);
      frame.allow = "payment *";
      frame.src = address(`/elements/${this._kind}`, {
        key: this._setup.key,
        account: this._setup.account,
        origin: location.origin,
        element: this._id,
        locale,
      });
      style(frame, { display: "block", width: "100%", height: "150px", border: "0" });
      return frame;
    }

    _dress() {
      // A frame is see-through only where its scheme is that of the document inside.
      const { theme } = this._setup.appearance || {};
      const isDark = theme === "night" || theme === "dark";
      style(this._frame, { colorScheme: isDark ? "dark" : theme ? "light" : "light dark" });
      this._call("dress", { appearance: this._setup.appearance });
    }

    _freeze() {
      this._call("freeze", { frozen: Boolean(this._options.readOnly || this._options.disabled) });
    }

    _receive(event) {
      if (event.origin !== ORIGIN || !this._frame || event.source !== this._frame.contentWindow) return;
      const message = event.data;
      if (!message || message.sandbox !== "stripe" || message.element !== this._id) return;
      if (message.type === "height") this._resize(message.height);
      else if (message.type === "reply") this._resolve(message);
      else if (message.type === "ready") this._becomeReady();
      else if (message.type === "change") this._emit("change", { ...message.change, elementType: this._kind });
      else if (message.type === "focus" || message.type === "blur") this._emit(message.type, {});
    }

    _becomeReady() {
      this._tellReady();
      this._dress();
      if (this._options.readOnly || this._options.disabled) this._freeze();
      this._emit("ready", {});
    }

    _resize(height) {
      if (Number.isFinite(height) && height >= 0 && height < 5000) {
        style(this._frame, { height: `${height}px` });
      }
    }

    _resolve({ call, result }) {
      const resolve = this._waiting.get(call);
      this._waiting.delete(call);
      if (resolve) resolve(result);
    }

    _emit(name, event) {
      for (const handler of [...(this._listeners[name] || [])]) {
        handler({ elementType: this._kind, ...event });
      }
    }
  }

  class Elements {
    constructor(setup, options) {
      this._setup = { ...setup, ...options, elements: new Set() };
    }

    create(kind, options) {
      if (kind !== "payment" && kind !== "card") {
        throw new Error(`Stripe: the sandbox has no element of type ${kind}.`);
      }
      const element = new Element(kind, this._setup, options);
      this._setup.elements.add(element);
      return element;
    }

    getElement(kind) {
      return [...this._setup.elements].find((element) => element._kind === kind) || null;
    }

    update(options) {
      Object.assign(this._setup, options);
      for (const element of this._setup.elements) if (element._frame) element._dress();
    }

    async fetchUpdates() {
      return {};
    }

    async submit() {
      const element = this._mounted();
      return element ? element._call("submit") : missingForm();
    }

    _mounted() {
      return [...this._setup.elements].find((element) => element._frame);
    }
  }

  const missingForm = () => ({
    error: { type: "invalid_request_error", message: "There is no mounted payment form." },
  });

  // Shows the challenge over the page, beside the form, until it is answered.
  const challenge = (intent, locale, beside) =>
    new Promise((resolve) => {
      const veil = document.createElement("div");
      const frame = document.createElement("iframe");
      const opener = document.activeElement;
      const behind = [...document.body.children].filter((node) => !node.inert);
      const close = (event) => {
        if (event.origin !== ORIGIN || event.source !== frame.contentWindow) return;
        const message = event.data;
        if (!message || message.sandbox !== "stripe" || message.type !== "challenged") return;
        removeEventListener("message", close);
        veil.remove();
        for (const node of behind) node.inert = false;
        if (opener && opener.focus) opener.focus({ preventScroll: true });
        resolve();
      };
      frame.title = "3-D Secure";
      frame.src = address(`/challenges/${intent.id}`, {
        client_secret: intent.client_secret,
        origin: location.origin,
        locale,
      });
      style(veil, { position: "fixed", inset: "0", zIndex: "2147483647", background: "rgb(15 18 28 / 55%)" });
      style(frame, {
        position: "absolute",
        left: "50%",
        top: `${challengeTop(beside)}px`,
        width: "min(calc(100% - 24px), 400px)",
        height: "300px",
        transform: "translateX(-50%)",
        border: "0",
        borderRadius: "14px",
        boxShadow: "0 18px 60px rgb(0 0 0 / 35%)",
      });
      veil.setAttribute("role", "dialog");
      veil.setAttribute("aria-modal", "true");
      veil.setAttribute("aria-label", "3-D Secure");
      veil.append(frame);
      addEventListener("message", close);
      for (const node of behind) node.inert = true;
      document.body.append(veil);
    });

  // A page inside a tall frame has no middle that is surely in sight; the form is.
  const challengeTop = (beside) => {
    const room = Math.max(innerHeight - 316, 16);
    const wanted = beside ? beside.getBoundingClientRect().top : room / 2;
    return Math.min(Math.max(wanted, 16), room);
  };

  const redirectAddress = (returnUrl, intent) => {
    const url = new URL(returnUrl, location.href);
    url.searchParams.set("payment_intent", intent.id);
    url.searchParams.set("payment_intent_client_secret", intent.client_secret);
    url.searchParams.set("redirect_status", intent.status === "succeeded" ? "succeeded" : "pending");
    return url.href;
  };

  class StripeJs {
    constructor(key, options) {
      this._setup = { key, account: options.stripeAccount, locale: options.locale };
    }

    elements(options = {}) {
      return new Elements(this._setup, options);
    }

    async confirmPayment({ elements, clientSecret, confirmParams = {}, redirect = "always" }) {
      const element = elements && elements._mounted();
      if (!element) return missingForm();
      const secret = clientSecret || elements._setup.clientSecret;
      const first = await element._call("confirm", { clientSecret: secret, params: confirmParams });
      const result = await this._afterConfirm(first, element);
      const intent = result.paymentIntent;
      if (intent && redirect !== "if_required" && confirmParams.return_url) {
        location.assign(redirectAddress(confirmParams.return_url, intent));
      }
      return result;
    }

    async retrievePaymentIntent(clientSecret) {
      const id = String(clientSecret).split("_secret_")[0];
      const url = address(`/v1/payment_intents/${encodeURIComponent(id)}`, {
        key: this._setup.key,
        _stripe_account: this._setup.account,
        client_secret: clientSecret,
      });
      try {
        const answer = await (await fetch(url, { credentials: "omit" })).json();
        return answer.error ? { error: answer.error } : { paymentIntent: answer };
      } catch (fault) {
        return { error: { type: "api_connection_error", message: String(fault) } };
      }
    }

    async handleNextAction({ clientSecret }) {
      return this._afterConfirm(await this.retrievePaymentIntent(clientSecret), null);
    }

    async _afterConfirm(result, element) {
      const intent = result.paymentIntent;
      if (!intent || intent.status !== "requires_action") return result;
      const { locale } = element ? element._setup : this._setup;
      await challenge(intent, localeOf(locale), element && element._frame);
      const after = await this.retrievePaymentIntent(intent.client_secret);
      const failed = after.paymentIntent && after.paymentIntent.last_payment_error;
      if (!failed) return after;
      return { error: { ...failed, payment_intent: after.paymentIntent } };
    }
  }

  const Stripe = (key, options = {}) => {
    if (typeof key !== "string" || !key.startsWith("pk_")) {
      throw new Error("Stripe: a publishable key (pk_…) is needed.");
    }
    return new StripeJs(key, options);
  };
  Stripe.version = 3;
  window.Stripe = Stripe;
})();
