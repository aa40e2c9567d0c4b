// Tells the host how tall the content is, now and whenever it changes.
export default function height(body, frame) {
  let told = 0;

  function tell() {
    const tall = Math.ceil(body.getBoundingClientRect().height);
    if (tall === told) return;
    told = tall;
    frame.say("height", { height: tall });
  }

  if (body.dataset.surface === "frame") new ResizeObserver(tell).observe(body);
}
