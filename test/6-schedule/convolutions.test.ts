// What convolutions, pools and their gradients cost, counted by hand: no window is stored, zeros are laid once, and a gradient by the
// image is a convolution itself.
import { expect, test } from "vitest";
import { compile } from "../../src/compile.ts";

const images = "x: [batch, 3, 28, 28], w: [8, 3, 3, 3]";
const source = `
fn forward(${images}) = conv2d(x, w, padding = 1)
fn byInput(${images}, c: [batch, 8, 28, 28]) = grad(sum(c * conv2d(x, w, padding = 1)), x)
fn byKernel(${images}, c: [batch, 8, 28, 28]) = grad(sum(c * conv2d(x, w, padding = 1)), w)
fn strided(${images}, c: [batch, 8, 14, 14]) = grad(sum(c * conv2d(x, w, stride = 2, padding = 1)), x)
fn pointwise(x: [batch, 4, 28, 28], w: [8, 4, 1, 1], c: [batch, 8, 28, 28]) = grad(sum(c * conv2d(x, w)), w)
fn cropped(x: [batch, 28, 28], w: [1, 1, 3, 3]) = conv2d(expand(x, 1), w)[:, :, 4:8, 4:8]
fn tiles(x: [batch, 28, 28], c: [batch, 14, 14]) = grad(sum(c * avg_pool2d(x, 2)), x)
fn overlapping(x: [batch, 28, 28], c: [batch, 13, 13]) = grad(sum(c * max_pool2d(x, 3, stride = 2)), x)
`;

const { code } = await compile(source, { path: "costs.nn", emit: "js", format: false });
if (code === null) throw new Error("the source has faults");

/** Multiply-adds and bytes of temporaries for each entry of the batch, as the module's header says. */
function costs(name: string): readonly [products: number, bytes: number] {
  const found = new RegExp(`${name} value: (\\d+)(?:\\*batch)? multiply-adds, (\\d+)(?:\\*batch)? bytes`).exec(
    code ?? "",
  );
  return [Number(found?.[1]), Number(found?.[2])];
}

/** The kernels of a function, without the function itself. */
function kernels(name: string): readonly string[] {
  return (code ?? "").split(/^function /m).filter((text) => text.startsWith(`${name}Kernel`));
}

test.each([
  // 9 products for each of 3 x 8 channels at 28 x 28 places, of an image with one line of zeros around.
  ["forward", 28 * 28 * 9 * 3 * 8, 4 * 3 * 30 * 30],
  ["byInput", 28 * 28 * 9 * 3 * 8, 4 * 8 * 30 * 30],
  ["byKernel", 28 * 28 * 9 * 3 * 8, 4 * 3 * 30 * 30],
  // Every product once, and no zeros of a gradient spread out: the products, then their sums around the image.
  ["strided", 14 * 14 * 9 * 3 * 8, 4 * 3 * (14 * 14 * 9 + 30 * 30)],
  ["pointwise", 28 * 28 * 4 * 8, 0],
  ["cropped", 4 * 4 * 9, 0],
])("%s", (name, products, bytes) => {
  expect(costs(name)).toEqual([products, bytes]);
});

test("products are summed in tiles, in whose loops nothing is decided", () => {
  for (const name of ["forward", "byInput", "byKernel", "pointwise"]) {
    const sums = kernels(name).filter((text) => text.includes("+="));
    expect(sums).toHaveLength(1);
    expect(sums[0]).not.toContain("?");
    // Three columns of a kernel of three, else four.
    expect(sums[0]).toContain(name === "byKernel" ? "sum11 +=" : name === "byInput" ? "sum11 +=" : "sum15 +=");
  }
});

test("windows side by side are written once, others are added at once for both axes", () => {
  expect(kernels("tiles").filter((text) => text.includes("] +="))).toEqual([]);
  expect(kernels("overlapping").filter((text) => text.includes("] +="))).toHaveLength(1);
});
