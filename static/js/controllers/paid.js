// Tells the host that its post has sold something.
export default function paid(element, frame) {
  frame.say("paid", { order: element.dataset.order });
}
