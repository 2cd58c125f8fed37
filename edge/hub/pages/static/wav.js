// A sound that the browser can decode as a WAV file: 16 bit, mono, 22,050 Hz.
const RATE = 22050

export async function asWav(encoded) {
  const decoded = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(encoded) // resampled while it is decoded
  const mixed = new OfflineAudioContext(1, decoded.length, RATE)
  const source = mixed.createBufferSource()
  source.buffer = decoded
  source.connect(mixed.destination)
  source.start()
  const samples = (await mixed.startRendering()).getChannelData(0)
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length))
  const letters = (at, text) => [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)))
  letters(0, "RIFF")
  view.setUint32(4, 36 + 2 * samples.length, true)
  letters(8, "WAVEfmt ")
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, 1, true)
  view.setUint32(24, RATE, true)
  view.setUint32(28, 2 * RATE, true)
  view.setUint16(32, 2, true)
  view.setUint16(34, 16, true)
  letters(36, "data")
  view.setUint32(40, 2 * samples.length, true)
  samples.forEach((sample, i) => view.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true))
  return new Blob([view], { type: "audio/wav" })
}
