// Tells the host how tall the content is, now and whenever it changes.
export default function height(body, frame) {
  let told = 0;

  function tell() {
    const tall = Math.ceil(body.getBoundingClientRect().height);
    if (tall === told) return;
    told = tall;
    frame.say("height", { height: tall });
  }

  if (body.dataset.surface !== "frame") return;
  // Observers sleep while a frame is out of sight; told at once, it has its height before it comes
  // into view, and nothing jumps under the reader.
  tell();
  new ResizeObserver(tell).observe(body);
}
