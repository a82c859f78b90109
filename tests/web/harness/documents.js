// Documents of several kinds, as small as a viewer takes them.

/** A page with a heading and lines. @param {string} title @param {string[]} lines */
export function pdf(title, lines) {
  const spelled = (/** @type {string} */ text) => `(${text.replace(/[\\()]/g, "\\$&")}) Tj`;
  const drawn = `BT /F1 22 Tf 72 760 Td ${spelled(title)} /F1 12 Tf ${lines.map((line) => `0 -26 Td ${spelled(line)}`).join(" ")} ET`;
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R >>",
    `<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let text = "%PDF-1.4\n";
  const starts = objects.map((object, index) => {
    const start = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(start).padStart(10, "0")} 00000 n \n`;
  });
  const table = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${starts.join("")}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, "latin1");
}

/** A sound of one tone: 8,000 samples a second, of one byte each. @param {number} seconds @param {number} hertz */
export function wav(seconds, hertz) {
  const rate = 8_000;
  const samples = Buffer.from(Array.from({ length: rate * seconds }, (_, at) => 128 + 60 * Math.sin((2 * Math.PI * hertz * at) / rate)));
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write("WAVEfmt ", 8);
  [16, 0x00010001, rate, rate, 0x00080001].forEach((number, index) => head.writeUInt32LE(number, 16 + 4 * index));
  head.write("data", 36);
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
}
