// The frame's one script. It wires each [data-controller] to its behaviour. What the card needs is
// joined in here when the file is served (web/assets.py); the rest is fetched when it is used.
import openChannel from "./channel.js";
import openVisit from "./visit.js";
import buy from "./controllers/buy.js";
import cart from "./controllers/cart.js";
import height from "./controllers/height.js";
import once from "./controllers/once.js";
import quantity from "./controllers/quantity.js";
import sandboxed from "./controllers/sandboxed.js";
import share from "./controllers/share.js";
import view from "./controllers/view.js";

const here = { buy, cart, once, quantity, sandboxed, share, view };
const later = {
  copy: () => import("./controllers/copy.js"),
  checkout: () => import("./controllers/checkout.js"),
  countdown: () => import("./controllers/countdown.js"),
  gift: () => import("./controllers/gift.js"),
  offer: () => import("./controllers/offer.js"),
  paid: () => import("./controllers/paid.js"),
  payment: () => import("./controllers/payment.js"),
};

const visit = openVisit(document.body);
const channel = openChannel(document.body, visit);
const frame = { ...visit, say: channel.say };

height(document.body, frame);
channel.open();
for (const element of document.querySelectorAll("[data-controller]")) {
  for (const name of element.dataset.controller.split(" ")) {
    if (here[name]) here[name](element, frame);
    else later[name]().then((module) => module.default(element, frame));
  }
}
