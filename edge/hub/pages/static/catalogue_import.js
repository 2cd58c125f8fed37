// Without this script the file's text is pasted.
const chosen = document.querySelector("#file")
document.querySelector("#choose").hidden = false
chosen.addEventListener("change", async () => {
  const [file] = chosen.files
  if (file) document.querySelector("#text").value = await file.text()
})
