// The card form inside its frame. It talks to the page that mounted it by messages, each checked
// for sender and origin, and to the sandbox by fetch. Card numbers never leave this frame's origin.
(() => {
  "use strict";

  const query = new URLSearchParams(location.search);
  const page = { origin: query.get("origin"), element: query.get("element") };
  const key = query.get("key") || "";
  const account = query.get("account") || "";
  const texts = JSON.parse(document.getElementById("texts").textContent);
  const fields = {
    number: document.getElementById("number"),
    expiry: document.getElementById("expiry"),
    cvc: document.getElementById("cvc"),
  };
  const brandLabel = document.getElementById("brand");
  const BRANDS = [
    ["visa", "Visa", /^4/, 16],
    ["mastercard", "Mastercard", /^(5[1-5]|2[2-7])/, 16],
    ["amex", "Amex", /^3[47]/, 15],
    ["discover", "Discover", /^6(011|4|5)/, 16],
    ["diners", "Diners Club", /^3(0|6|8)/, 14],
    ["jcb", "JCB", /^35/, 16],
    ["unionpay", "UnionPay", /^62/, 16],
  ];
  const SETTABLE = {
    colorPrimary: "--accent",
    colorBackground: "--back",
    colorText: "--text",
    colorTextSecondary: "--quiet",
    colorDanger: "--danger",
    borderRadius: "--radius",
    fontFamily: "--font",
    fontSizeBase: "--size",
  };
  const HARMLESS = /^[\w\s#.,%()'"/-]{1,200}$/;

  const say = (type, data = {}) => {
    if (!page.origin) return;
    parent.postMessage({ ...data, sandbox: "stripe", element: page.element, type }, page.origin);
  };

  const digits = (field) => field.value.replace(/\D/g, "");

  const brandOf = (number) =>
    BRANDS.find(([, , pattern]) => pattern.test(number)) || ["unknown", "", /^/, 16];

  const passesLuhn = (number) => {
    const sum = [...number].reverse().reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
    return sum % 10 === 0;
  };

  const expiryParts = () => {
    const typed = digits(fields.expiry);
    const year = typed.slice(2);
    return { month: Number(typed.slice(0, 2)), year: year.length === 4 ? Number(year) : 2000 + Number(year), typed };
  };

  const problems = {
    number: () => {
      const number = digits(fields.number);
      if (number.length < brandOf(number)[3]) return "incomplete_number";
      return passesLuhn(number) ? "" : "incorrect_number";
    },
    expiry: () => {
      const { month, year, typed } = expiryParts();
      if (typed.length !== 4 && typed.length !== 6) return "incomplete_expiry";
      if (month < 1 || month > 12) return "incomplete_expiry";
      return new Date(year, month, 1) > new Date() ? "" : "past_expiry";
    },
    cvc: () => {
      const wanted = brandOf(digits(fields.number))[0] === "amex" ? 4 : 3;
      return digits(fields.cvc).length < wanted ? "incomplete_cvc" : "";
    },
  };

  const show = (name, message) => {
    document.getElementById(`${name}-error`).textContent = message;
    fields[name].setAttribute("aria-invalid", String(Boolean(message)));
    tellHeight();
  };

  const validate = () => {
    const wrong = Object.keys(fields).filter((name) => problems[name]());
    for (const name of Object.keys(fields)) {
      const problem = problems[name]();
      show(name, problem ? texts[problem] : "");
    }
    if (!wrong.length) return null;
    fields[wrong[0]].focus();
    const code = problems[wrong[0]]();
    return { type: "validation_error", code, message: texts[code] };
  };

  let lastChange = "";
  const tellChange = () => {
    const values = Object.values(fields).map((field) => field.value);
    const change = {
      elementType: "payment",
      complete: Object.keys(fields).every((name) => !problems[name]()),
      empty: values.every((value) => value === ""),
      collapsed: false,
      value: { type: "card" },
    };
    const told = JSON.stringify(change);
    if (told !== lastChange) say("change", { change });
    lastChange = told;
  };

  let lastHeight = 0;
  const tellHeight = () => {
    const height = Math.ceil(document.querySelector("main").getBoundingClientRect().height);
    if (height !== lastHeight) say("height", { height });
    lastHeight = height;
  };

  const group = (number) => {
    const sizes = ["amex", "diners"].includes(brandOf(number)[0]) ? [4, 6, 5] : [4, 4, 4, 4, 3];
    const parts = [];
    let start = 0;
    for (const size of sizes) {
      if (start < number.length) parts.push(number.slice(start, start + size));
      start += size;
    }
    return parts.join(" ");
  };

  // Writes a field anew and keeps the caret behind the same digit.
  const rewrite = (field, written) => {
    if (field.value === written) return;
    const before = field.value.slice(0, field.selectionStart).replace(/\D/g, "").length;
    const atEnd = field.selectionStart === field.value.length;
    field.value = written;
    if (document.activeElement !== field || atEnd) return;
    let place = 0;
    for (let seen = 0; seen < before && place < written.length; place += 1) {
      if (/\d/.test(written[place])) seen += 1;
    }
    field.setSelectionRange(place, place);
  };

  const format = {
    number: () => {
      const number = digits(fields.number).slice(0, 19);
      rewrite(fields.number, group(number));
      brandLabel.textContent = brandOf(number)[1];
    },
    expiry: () => {
      let typed = digits(fields.expiry).slice(0, 6);
      if (/^[2-9]/.test(typed)) typed = `0${typed}`.slice(0, 6);
      const year = typed.length === 6 && typed.startsWith("20", 2) ? typed.slice(4) : typed.slice(2, 4);
      rewrite(fields.expiry, typed.length > 2 ? `${typed.slice(0, 2)} / ${year}` : typed);
    },
    cvc: () => rewrite(fields.cvc, digits(fields.cvc).slice(0, 4)),
  };

  const api = async (path, body) => {
    try {
      const response = await fetch(path, {
        method: "POST",
        headers: {
          Authorization: `Bearer ${key}`,
          "Content-Type": "application/x-www-form-urlencoded",
          ...(account ? { "Stripe-Account": account } : {}),
        },
        body: new URLSearchParams(body),
      });
      return await response.json();
    } catch {
      return { error: { type: "api_connection_error", message: texts.connection } };
    }
  };

  const flatten = (tree, prefix = "") =>
    Object.entries(tree || {}).flatMap(([name, value]) => {
      const path = prefix ? `${prefix}[${name}]` : name;
      if (value === undefined || value === null) return [];
      return typeof value === "object" ? flatten(value, path) : [[path, String(value)]];
    });

  const inWords = (error) => ({
    ...error,
    message: texts[`error_${error.decline_code}`] || texts[`error_${error.code}`] || error.message,
  });

  const BESIDE = { incorrect_number: "number", expired_card: "expiry", incorrect_cvc: "cvc" };

  const confirm = async ({ clientSecret, params }) => {
    const invalid = validate();
    if (invalid) return { error: invalid };
    const { month, year } = expiryParts();
    const { payment_method_data: method, ...others } = params || {};
    const body = flatten({
      ...others,
      client_secret: clientSecret,
      use_stripe_sdk: true,
      payment_method_data: {
        ...method,
        type: "card",
        card: { number: digits(fields.number), exp_month: month, exp_year: year, cvc: digits(fields.cvc) },
      },
    });
    const intent = String(clientSecret).split("_secret_")[0];
    const answer = await api(`/v1/payment_intents/${encodeURIComponent(intent)}/confirm`, body);
    if (!answer.error) return { paymentIntent: answer };
    const error = inWords(answer.error);
    if (BESIDE[error.code]) show(BESIDE[error.code], error.message);
    return { error };
  };

  const dress = ({ theme, variables }) => {
    const root = document.documentElement;
    if (theme === "night" || theme === "dark") root.dataset.theme = "dark";
    else if (theme) root.dataset.theme = "light";
    else delete root.dataset.theme;
    for (const [name, value] of Object.entries(variables || {})) {
      if (SETTABLE[name] && HARMLESS.test(value)) root.style.setProperty(SETTABLE[name], value);
    }
    tellHeight();
  };

  const calls = {
    submit: async () => {
      const error = validate();
      return error ? { error } : { selectedPaymentMethod: "card" };
    },
    confirm,
    dress: async ({ appearance }) => dress(appearance || {}),
    focus: async () => fields.number.focus(),
    blur: async () => document.activeElement.blur(),
    clear: async () => {
      for (const name of Object.keys(fields)) {
        fields[name].value = "";
        show(name, "");
      }
      brandLabel.textContent = "";
      tellChange();
    },
    freeze: async ({ frozen }) => {
      for (const field of Object.values(fields)) field.readOnly = frozen;
    },
  };

  addEventListener("message", async (event) => {
    if (event.source !== parent || event.origin !== page.origin) return;
    const message = event.data;
    if (!message || message.sandbox !== "stripe" || message.element !== page.element) return;
    if (!Object.hasOwn(calls, message.type)) return;
    const result = await calls[message.type](message);
    if (message.call) say("reply", { call: message.call, result });
  });

  for (const [name, field] of Object.entries(fields)) {
    field.addEventListener("input", () => {
      format[name]();
      if (field.getAttribute("aria-invalid") === "true" && !problems[name]()) show(name, "");
      tellChange();
    });
    field.addEventListener("blur", () => {
      if (field.value && problems[name]()) show(name, texts[problems[name]()]);
      say("blur");
    });
    field.addEventListener("focus", () => say("focus"));
  }

  const cards = document.querySelectorAll("[data-card]");
  for (const card of cards) {
    card.addEventListener("click", () => {
      const values = { number: card.dataset.card, expiry: "12 / 34", cvc: "123" };
      for (const [name, value] of Object.entries(values)) {
        fields[name].value = value;
        format[name]();
        show(name, "");
      }
      for (const other of cards) other.setAttribute("aria-pressed", String(other === card));
      tellChange();
    });
  }

  document.getElementById("form").addEventListener("submit", (event) => event.preventDefault());
  new ResizeObserver(tellHeight).observe(document.querySelector("main"));
  say("ready");
  tellHeight();
})();
