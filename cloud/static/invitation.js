// The invitation stands behind the # of the link. It goes into the form and out of the address, so that neither the
// history nor a picture of the screen keeps it.
const form = document.getElementById("invitation");
const token = decodeURIComponent(location.hash.slice(1));
if (token) {
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.token.value = token;
  form.requestSubmit();
}
