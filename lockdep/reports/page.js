document.getElementById("filter")?.addEventListener("input", event => {
  const wanted = event.target.value.toLowerCase();
  const shown = new Set(), beside = new Set();
  document.querySelectorAll("svg g.node").forEach(node => {
    if (node.dataset.name.toLowerCase().includes(wanted)) shown.add(node.dataset.name);
  });
  document.querySelectorAll("svg path").forEach(path => {
    const near = shown.has(path.dataset.prev) || shown.has(path.dataset.next);
    path.classList.toggle("hidden", !near);
    if (near) { beside.add(path.dataset.prev); beside.add(path.dataset.next); }
  });
  document.querySelectorAll("svg g.node").forEach(node => {
    node.classList.toggle("hidden", !shown.has(node.dataset.name) && !beside.has(node.dataset.name));
  });
});
