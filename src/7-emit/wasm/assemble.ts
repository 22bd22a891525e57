/** WebAssembly text to bytes, by wabt: loaded when a module is assembled and not before. */

/** Text to bytes. Throws, a fault of derive's, where the text is no valid module. */
export type Assemble = (text: string, features: { readonly relaxed: boolean }) => Uint8Array;

/** Loads the assembler. */
export async function assembler(): Promise<Assemble> {
  const { default: load } = await import("wabt");
  const wabt = await load();
  return (text, { relaxed }) => {
    const module = wabt.parseWat("kernels.wat", text, { simd: true, relaxed_simd: relaxed });
    try {
      module.validate();
      return module.toBinary({}).buffer;
    } finally {
      module.destroy();
    }
  };
}

/** Base64 without dependence on where the compiler runs. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
