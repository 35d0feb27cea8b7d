// Hands a file to the browser's downloads.
export function download(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads the file after the click: the address has to live a little longer.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
