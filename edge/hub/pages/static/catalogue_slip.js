// The pictures follow the form as it is typed, and a block moves or goes where it stands. Without this script each
// button of the form has the hub do its step, and the page comes back with other pictures.
const form = document.querySelector("#slip-form")
const pictures = document.querySelectorAll("[data-paper]")
let waiting = 0
let turn = 0

const asAddress = (blob) =>
  new Promise((done) => {
    const reader = new FileReader()
    reader.addEventListener("load", () => done(reader.result))
    reader.readAsDataURL(blob)
  })

async function draw() {
  const mine = ++turn
  for (const picture of pictures) {
    const body = new URLSearchParams(new FormData(form))
    const answer = await fetch(`/admin/catalogue/slip/example.png?paper=${picture.dataset.paper}`, { method: "POST", body })
    if (!answer.ok || mine !== turn) return // a newer picture is on its way
    const address = await asAddress(await answer.blob())
    if (mine !== turn) return
    picture.src = address
  }
}

function soon() {
  const there = new Set([...form.querySelectorAll("[name=kind]")].map((kind) => kind.value))
  for (const option of form.querySelectorAll("option[data-once]")) option.disabled = there.has(option.value)
  clearTimeout(waiting)
  waiting = setTimeout(draw, 250)
}

form.addEventListener("input", soon)
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]")
  if (!button) return
  event.preventDefault()
  const block = button.closest(".block")
  if (button.dataset.do === "up") block.previousElementSibling?.before(block)
  if (button.dataset.do === "down") block.nextElementSibling?.after(block)
  if (button.dataset.do === "remove") {
    const next = (block.nextElementSibling ?? block.previousElementSibling).querySelector("select")
    block.remove()
    next.focus()
  } else button.focus()
  soon()
})
