// No key leads out of the page: those that the browser itself would answer end here. What types and moves goes through.
const BROWSERS_OWN = /^(F\d+|Browser.*|Launch.*|Media.*|Print|PrintScreen|ContextMenu|Help|Find|Open|Save|New|Close|ZoomIn|ZoomOut)$/;

addEventListener("keydown", (event) => {
  const combined = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key === "Escape");
  if (combined || BROWSERS_OWN.test(event.key)) event.preventDefault();
}, { capture: true });
