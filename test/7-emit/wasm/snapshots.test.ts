// Kernels as readers of the WebAssembly text see them. Numbers are proved elsewhere: these pin names, layout and order.
import { expect, test } from "vitest";
import { compile } from "../../../src/compile.ts";

const samples: Readonly<Record<string, string>> = {
  product: "model Hidden { input x: [batch, 12]\n param W: [12, 8] = glorot_uniform\n output h = relu(x @ W) }\n",
  update: "model Scale { input x: [n]\n target y: [n]\n param a: [400] = ones\n output p = x * a[0]\n loss sum(a^2) + mse(p, y)\n train sgd(lr = 0.1) }\n", // prettier-ignore
};

test.each(Object.entries(samples))("%s", async (name, source) => {
  const { printed } = await compile(source, { path: `${name}.nn`, target: "wasm", print: "wat" });
  await expect(printed).toMatchFileSnapshot(`./snapshots/${name}.wat`);
});
