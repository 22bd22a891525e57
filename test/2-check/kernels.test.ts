// fan_in and fan_out of convolution kernels: those of torch.nn.init, in and out times the places of a kernel.
import { expect, test } from "vitest";
import { evaluate } from "../../src/evaluate.ts";

const source = `
initializer fans(shape, fan_in, fan_out) = full(shape, 1000 * fan_in + fan_out)
fn block(x: [...], k: [...]) = relu(conv2d(x, w = k, padding = 1))
layer twice(x: [batch, c, h, w]) {
  param first: [c, c, 3, 3] = fans
  return repeat l < 2 carry y = x { next y = block(y, first) }
}
model M {
  input image: [batch, 3, 8, 8]
  input line: [batch, 2, 9]
  param direct: [8, 3, 5, 5] = fans
  param byFunction: [4, 3, 3, 2] = fans
  param short: [6, 2, 4] = fans
  param stacked: [2, 9, 7] = fans
  param flat: [9, 2] = fans
  h = twice(image)
  l = conv2d_layer(image, 16, 3)
  output p = sum(conv2d(image, direct)) + sum(block(image, byFunction)) + sum(conv1d(line, short))
  output q = sum(expand(line, 1) @ stacked) + sum(line @ flat) + sum(h) + sum(l)
}
`;

test("fans of kernels count their places, however they reach a convolution; those of matrices do not", async () => {
  const module: Record<string, unknown> = await evaluate(source, { path: "fans.nn" });
  const create = module["createM"] as (options: object) => { readonly params: Record<string, Float32Array> };
  const { params } = create({ batch: 1 });
  const fans = Object.fromEntries(Object.entries(params).map(([name, data]) => [name, data[0]]));
  expect(fans).toMatchObject({
    direct: 1000 * (3 * 25) + 8 * 25,
    byFunction: 1000 * (3 * 6) + 4 * 6,
    short: 1000 * (2 * 4) + 6 * 4,
    "h.first": 1000 * (3 * 9) + 3 * 9,
    stacked: 9007,
    flat: 9002,
  });
  // √(6 / (3 9 + 16 9)), which 432 numbers come near.
  const most = params["l.W"].reduce((top, value) => Math.max(top, Math.abs(value)), 0);
  const bound = Math.sqrt(6 / (3 * 9 + 16 * 9));
  expect(most).toBeLessThan(bound);
  expect(most).toBeGreaterThan(0.95 * bound);
  expect([...params["l.b"]]).toEqual(Array.from({ length: 16 }, () => 0));
});
