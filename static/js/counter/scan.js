// The camera: reads codes by itself where the browser can, else the server reads small grey frames.
// `found` gets the text. Returns what stops it.
const WIDTH = 640;
const PAUSE = 120;
const FORGET_AFTER = 12;

// What was read last is not read again while it stays before the camera: a gift that is refused
// would be sent on and on. It counts anew once it was away, or when the camera is started by hand.
let seen = "";
let away = 0;

export default function scan(root, found) {
  const part = (name) => root.querySelector(`[data-part="${name}"]`);
  const video = part("video");
  let stream;

  async function read() {
    if (await canDetect()) {
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      return async () => (await detector.detect(video))[0]?.rawValue;
    }
    return readByServer;
  }

  async function canDetect() {
    if (!("BarcodeDetector" in window)) return false;
    return (await BarcodeDetector.getSupportedFormats()).includes("qr_code");
  }

  async function readByServer() {
    const form = new FormData();
    form.append("frame", await frame(), "frame.jpg");
    const response = await fetch(root.dataset.frames, {
      method: "POST",
      body: form,
      headers: { Accept: "application/json" },
    });
    return response.ok ? (await response.json()).text : "";
  }

  function frame() {
    const canvas = document.createElement("canvas");
    const scale = Math.min(1, WIDTH / video.videoWidth);
    canvas.width = video.videoWidth * scale;
    canvas.height = video.videoHeight * scale;
    const drawing = canvas.getContext("2d");
    drawing.filter = "grayscale(1)";
    drawing.drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  }

  async function start() {
    part("trouble").hidden = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1280 } },
      });
    } catch {
      part("trouble").hidden = false;
      return;
    }
    sessionStorage.camera = "on";
    video.srcObject = stream;
    part("start").hidden = true;
    part("stage").hidden = false;
    await video.play();
    const look = await read();
    while (stream?.active) {
      const text = await look().catch(() => "");
      away = text ? 0 : away + 1;
      if (away > FORGET_AFTER) seen = "";
      if (text && text !== seen && stream) {
        seen = text;
        found(text);
      }
      await new Promise((done) => setTimeout(done, PAUSE));
    }
  }

  function stop() {
    stream?.getTracks().forEach((track) => track.stop());
    stream = undefined;
    part("start").hidden = false;
    part("stage").hidden = true;
  }

  root.hidden = false;
  part("start").addEventListener("click", () => {
    seen = "";
    start();
  });
  part("stop").addEventListener("click", () => {
    delete sessionStorage.camera;
    stop();
  });
  if (sessionStorage.camera === "on") start();
  return stop;
}
