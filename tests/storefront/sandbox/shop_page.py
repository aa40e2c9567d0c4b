"""A shop for tests, as hostile as it gets: a framed page of another site under a strict policy."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOST = """<!doctype html><html lang="en"><title>A post</title>
<iframe src="http://localhost:{port}/frame?{query}" width="100%" height="1100"></iframe></html>"""
_FRAME = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The shop</title>
<div id="card"></div><button id="pay">Pay</button><output id="state">loading</output>
<output id="changes"></output>
<script src="{sandbox}/v3/"></script><script src="/pay.js"></script></html>"""
_SCRIPT = """
const query = new URLSearchParams(location.search);
const state = document.getElementById("state");
const changes = document.getElementById("changes");
const options = JSON.parse(query.get("options") || "{}");
window.stripe = Stripe(query.get("key"), options);
window.elements = stripe.elements({ clientSecret: query.get("secret") });
window.card = elements.create("payment");
card.on("ready", () => { state.textContent = "ready"; });
card.on("change", (event) => { changes.textContent = event.complete ? "complete" : "incomplete"; });
card.mount("#card");
document.getElementById("pay").addEventListener("click", async () => {
  state.textContent = "paying";
  const submitted = await elements.submit();
  if (submitted.error) { state.textContent = submitted.error.code; return; }
  const request = { elements, redirect: "if_required" };
  const { error, paymentIntent } = await stripe.confirmPayment(request);
  state.textContent = error ? (error.decline_code || error.code) : paymentIntent.status;
});
try {
  state.dataset.storage = localStorage.length >= 0 ? "open" : "";
} catch {
  state.dataset.storage = "blocked";
}
"""


class ShopPage:
    """Serves a host page, the frame in it and the frame's script; remembers what it was asked."""

    def __init__(self, sandbox: str) -> None:
        self.asked: list[str] = []
        self._sandbox = sandbox
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def page(self, path: str, query: str) -> tuple[str, str]:
        if path == "/pay.js":
            return "text/javascript", _SCRIPT
        if path == "/frame":
            return "text/html", _FRAME.format(sandbox=self._sandbox)
        if path == "/done":
            return "text/html", "<!doctype html><title>Thank you</title>"
        return "text/html", _HOST.format(port=self.port, query=query)

    def policy(self, path: str) -> str:
        if path != "/frame":
            return f"default-src 'none'; frame-src http://localhost:{self.port}"
        return (
            f"default-src 'none'; script-src 'self' {self._sandbox}; frame-src {self._sandbox}; "
            f"connect-src {self._sandbox}; base-uri 'none'; form-action 'none'"
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop.asked.append(self.path)
                address = urlsplit(self.path)
                kind, body = shop.page(address.path, address.query.replace("&", "&amp;"))
                self.send_response(200)
                self.send_header("Content-Type", f"{kind}; charset=utf-8")
                self.send_header("Content-Security-Policy", shop.policy(address.path))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                pass

        return Handler
