const types = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
// The router takes bodies of 32 MiB unless it is told otherwise; base64 adds a third.
const largest = 20 * 1024 * 1024;

export function isPicture({ type }: File): boolean {
  return types.includes(type);
}

/** Files as `data:` URLs; what no model takes is named. */
export async function readPictures(files: readonly File[]): Promise<{ urls: string[]; refused: string[] }> {
  const sound = files.filter((file) => isPicture(file) && file.size <= largest);
  return {
    urls: await Promise.all(sound.map(urlOf)),
    refused: files.filter((file) => !sound.includes(file)).map(({ name }) => name),
  };
}

function urlOf(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
