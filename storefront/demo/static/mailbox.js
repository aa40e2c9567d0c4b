// A letter's frame is as tall as the letter. Without script it has a height of its own and scrolls.
for (const frame of document.querySelectorAll("iframe.html")) {
  const fit = () => {
    const page = frame.contentDocument?.documentElement;
    if (!page) return;
    // Counted from nothing: in a frame that is too tall a page is as tall as the frame.
    frame.style.height = "0";
    frame.style.height = `${page.scrollHeight + frame.offsetHeight - frame.clientHeight}px`;
  };
  frame.addEventListener("load", fit);
  addEventListener("resize", fit);
  fit();
}
