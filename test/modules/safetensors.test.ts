// Saving and loading: round trips, resumed runs, PyTorch's names and orientation, other types, and files that are wrong.
import { expect, test } from "vitest";
import { bits, compiled, copies, integers, numbers, type Trainer } from "./support.ts";

const source = `model M {
  input x: [batch, 4]
  target y: index(3)[batch]
  h = dropout(tanh(dense(x, 5)), 0.3)
  z = dense(h, 3)
  output p = softmax(z)
  loss cross_entropy(z, y)
  train adam(lr = 0.01)
}`;
const m = await compiled(source);
const batches = [1, 2, 3, 4, 5, 6].map((k) => ({ x: numbers(12, k), y: integers(3, 3, k) }));

/** A trainer after `steps` steps. */
function trained(steps: number, seed = 5): Trainer {
  const t = m.trainer({ batch: 3, seed });
  for (const batch of batches.slice(0, steps)) t.step(batch);
  return t;
}

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** A file by the specification: length of the header, header, data. */
function file(entries: readonly Entry[], metadata?: Record<string, string>): Uint8Array {
  let at = 0;
  const header: Record<string, unknown> = metadata === undefined ? {} : { __metadata__: metadata };
  for (const { name, dtype, shape, data } of entries) {
    header[name] = { dtype, shape, data_offsets: [at, at + data.length] };
    at += data.length;
  }
  return assembled(JSON.stringify(header), Buffer.concat(entries.map((e) => e.data)));
}

function assembled(header: string, data: Uint8Array): Uint8Array {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return new Uint8Array(Buffer.concat([length, json, data]));
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

const parameters: readonly (readonly [string, readonly number[]])[] = [
  ["h.W", [4, 5]],
  ["h.b", [5]],
  ["z.W", [5, 3]],
  ["z.b", [3]],
];
const f32 = (name: string, shape: readonly number[], k = 1): Entry => ({
  name,
  dtype: "F32",
  shape,
  data: bytesOf(
    numbers(
      shape.reduce((a, n) => a * n, 1),
      k,
    ),
  ),
});
const plainFile = (): Entry[] => parameters.map(([name, shape], k) => f32(name, shape, k + 1));

test("saved bytes load again, bit for bit, and follow the format", () => {
  const a = trained(3);
  const bytes = a.save();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = Number(view.getBigUint64(0, true));
  expect(length % 8).toBe(0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  expect(header["__metadata__"]).toEqual({ seed: "5", step: "3" });
  for (const [name, shape] of parameters) {
    const { dtype, shape: found, data_offsets: [from, to] } = header[name]; // prettier-ignore
    expect([dtype, found]).toEqual(["F32", shape]);
    expect(new Float32Array(bytes.slice(8 + length + from, 8 + length + to).buffer)).toEqual(a.params[name]);
  }
  const b = m.trainer({ batch: 3, seed: 99 });
  expect(b.load(bytes)).toEqual({ reset: [], unknown: [] });
  expect(bits(b)).toBe(bits(a));
  // At any place of a larger buffer.
  const moved = new Uint8Array(bytes.length + 3);
  moved.set(bytes, 3);
  const c = m.trainer({ batch: 3 });
  c.load(moved.subarray(3));
  expect(bits(c)).toBe(bits(a));
});

test("a loaded run continues bit for bit, with dropout and adam", () => {
  const whole = trained(0);
  const losses = batches.map((batch) => whole.step(batch));
  const first = trained(3);
  const resumed = m.trainer({ batch: 3, seed: 1 });
  resumed.step(batches[5]);
  resumed.load(first.save());
  expect(batches.slice(3).map((batch) => resumed.step(batch))).toEqual(losses.slice(3));
  expect(bits(resumed)).toBe(bits(whole));
});

test("inference saves what it loads; a trainer's file has more than it knows", () => {
  const t = trained(3);
  const inference = m.create({ batch: 3 });
  const { reset, unknown } = inference.load(t.save());
  expect(reset).toEqual([]);
  expect(unknown).toHaveLength(8);
  expect(inference.params).toEqual(t.params);
  expect(inference.forward({ x: batches[0].x })).toEqual(t.forward({ x: batches[0].x }));
  const back = m.trainer({ batch: 3, seed: 4 });
  const loaded = back.load(inference.save());
  expect(loaded.reset).toHaveLength(8);
  expect(loaded.unknown).toEqual([]);
  expect(back.params).toEqual(t.params);
});

test("without optimizer state in the file, training begins afresh with the loaded parameters", () => {
  const t = trained(4);
  const loaded = t.load(file(plainFile()));
  expect(loaded.reset).toHaveLength(8);
  const params = Object.fromEntries(parameters.map(([name, shape], k) => [name, numbers(shape.reduce((a, n) => a * n, 1), k + 1)])); // prettier-ignore
  const fresh = m.trainer({ batch: 3, seed: 5, params });
  expect(batches.map((b) => t.step(b))).toEqual(batches.map((b) => fresh.step(b)));
});

test("rename reads other names, .T another orientation", () => {
  const entries = [f32("fc1.weight", [5, 4], 1), f32("fc1.bias", [5], 2), f32("fc2.weight", [3, 5], 3), f32("fc2.bias", [3], 4), f32("extra", [1], 5)]; // prettier-ignore
  const rename = { "h.W": "fc1.weight.T", "h.b": "fc1.bias", "z.W": "fc2.weight.T", "z.b": "fc2.bias" };
  const model = m.create({ batch: 1 });
  expect(model.load(file(entries), { rename })).toEqual({ reset: [], unknown: ["extra"] });
  const weight = numbers(20, 1);
  for (let r = 0; r < 4; r++) {
    for (let c = 0; c < 5; c++) expect(model.params["h.W"][r * 5 + c]).toBe(weight[c * 4 + r]);
  }
  expect(model.params["h.b"]).toEqual(numbers(5, 2));
  expect(model.params["z.b"]).toEqual(numbers(3, 4));
});

test("a name in the file that itself ends in .T wins", () => {
  const model = m.create({ batch: 1 });
  const entries = [f32("w.T", [4, 5], 1), ...plainFile().slice(1)];
  model.load(file(entries), { rename: { "h.W": "w.T" } });
  expect(model.params["h.W"]).toEqual(numbers(20, 1));
});

const single = await compiled("model M { input x: [n]\n param w: [6] = zeros\n output p = sum(w) + sum(x) }");
const doubles = await compiled(
  "model M { input x: [n]\n param w: [6] = zeros\n output p = sum(w) + sum(x) }",
  "M",
  "f64",
);

/** Values, their bytes by type. binary16 and bfloat16 by hand: sign, exponent, fraction. */
const types: readonly (readonly [string, ArrayBufferView, readonly number[]])[] = [
  ["F16", Uint16Array.of(0x0000, 0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555), [0, 1, -2, 2 ** -24, 65504, 0.333251953125]],
  ["F16", Uint16Array.of(0x7c00, 0xfc00, 0x7e00, 0x8000, 0x03ff, 0x0400), [Infinity, -Infinity, NaN, -0, 1023 * 2 ** -24, 2 ** -14]],
  ["BF16", Uint16Array.of(0x0000, 0x3f80, 0xc000, 0x4049, 0x7f80, 0x0001), [0, 1, -2, 3.140625, Infinity, 2 ** -133]],
  ["F64", Float64Array.of(0.5, -0.25, 1e300, 2 ** -140, 3, -0), [0.5, -0.25, 1e300, 2 ** -140, 3, -0]],
  ["F32", Float32Array.of(0.5, -0.25, 3e38, 2 ** -140, 3, -0), Array.from(Float32Array.of(0.5, -0.25, 3e38, 2 ** -140, 3, -0))],
  ["I64", BigInt64Array.of(0n, -1n, 5_000_000_000n, -5_000_000_000n, 7n, -(2n ** 40n)), [0, -1, 5e9, -5e9, 7, -(2 ** 40)]],
  ["U64", BigUint64Array.of(0n, 1n, 5_000_000_000n, 2n ** 53n, 2n ** 63n, 3n), [0, 1, 5e9, 2 ** 53, 2 ** 63, 3]],
  ["I32", Int32Array.of(0, -1, 2 ** 24, -(2 ** 31), 5, 6), [0, -1, 2 ** 24, -(2 ** 31), 5, 6]],
  ["U32", Uint32Array.of(0, 1, 2 ** 24, 2 ** 31, 5, 6), [0, 1, 2 ** 24, 2 ** 31, 5, 6]],
  ["I16", Int16Array.of(0, -1, 32767, -32768, 5, 6), [0, -1, 32767, -32768, 5, 6]],
  ["U16", Uint16Array.of(0, 1, 65535, 32768, 5, 6), [0, 1, 65535, 32768, 5, 6]],
  ["I8", Int8Array.of(0, -1, 127, -128, 5, 6), [0, -1, 127, -128, 5, 6]],
  ["U8", Uint8Array.of(0, 1, 255, 128, 5, 6), [0, 1, 255, 128, 5, 6]],
  ["BOOL", Uint8Array.of(0, 1, 1, 0, 1, 0), [0, 1, 1, 0, 1, 0]],
]; // prettier-ignore

test.each(types)("%s is converted (row %#)", (dtype, array, expected) => {
  const bytes = file([{ name: "w", dtype, shape: [6], data: bytesOf(array) }]);
  const narrow = single.create({ n: 1 });
  narrow.load(bytes);
  expect(Array.from(narrow.params["w"])).toEqual(Array.from(expected, Math.fround));
  const wide = doubles.create({ n: 1 });
  wide.load(bytes);
  expect(Array.from(wide.params["w"])).toEqual(expected);
  // And they are saved in the model's own precision, exactly.
  const again = doubles.create({ n: 1 });
  again.load(wide.save());
  expect(Array.from(again.params["w"])).toEqual(expected);
});

/** The header of a right file as text, for faults of the text. */
const right = file(plainFile());
const rightLength = new DataView(right.buffer).getUint32(0, true);
const rightHeader = new TextDecoder().decode(right.subarray(8, 8 + rightLength));
const rightData = right.slice(8 + rightLength);
const withHeader = (change: (text: string) => string): Uint8Array => {
  const changed = change(rightHeader);
  expect(changed).not.toBe(rightHeader);
  return assembled(changed, rightData);
};
const replaced = (k: number, change: Partial<Entry>): Uint8Array =>
  file(plainFile().map((entry, i) => (i === k ? { ...entry, ...change } : entry)));
const withLength = (value: bigint): Uint8Array => {
  const bytes = right.slice();
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
};

const corruptions: Record<string, Uint8Array> = {
  empty: new Uint8Array(0),
  "seven bytes": right.slice(0, 7),
  "a length alone": right.slice(0, 8),
  "cut within the header": right.slice(0, 40),
  "cut at the header's end": right.slice(0, 8 + rightLength),
  "one byte short": right.slice(0, -1),
  "one element short": right.slice(0, -4),
  "bytes after the tensors": new Uint8Array([...right, 0, 0, 0, 0]),
  "a header longer than the file": withLength(BigInt(right.length)),
  "a header of 2^63 bytes": withLength(2n ** 63n),
  "a header of 2^53 bytes": withLength(2n ** 53n),
  "a header of no bytes": withLength(0n),
  "a header cut by its length": withLength(BigInt(rightLength - 5)),
  "a header that runs into the data": withLength(BigInt(rightLength + 8)),
  "no JSON": withHeader((t) => `x${t}`),
  "JSON without its end": withHeader((t) => t.slice(0, -1)),
  "a trailing comma": withHeader((t) => `${t.slice(0, -1)},}`),
  "an array for a header": withHeader((t) => `[${t}]`),
  "a text for a header": assembled('"safetensors"', rightData),
  "null for a header": assembled("null", rightData),
  "a header that is no UTF-8": (() => {
    const bytes = right.slice();
    bytes[10] = 0xff;
    return bytes;
  })(),
  "NaN for a dimension": withHeader((t) => t.replace('"shape":[5]', '"shape":[NaN]')),
  "a tensor twice": withHeader((t) => t.replace("{", '{"z.b":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},')),
  "a tensor twice, once escaped": withHeader((t) =>
    t.replace("{", '{"z\\u002eb":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},'),
  ),
  "no entry but a number": withHeader((t) => t.replace(/"h\.b":\{[^}]*\}/, '"h.b":5')),
  "no entry but null": withHeader((t) => t.replace(/"h\.b":\{[^}]*\}/, '"h.b":null')),
  "no dtype": withHeader((t) => t.replace('"dtype":"F32",', "")),
  "a dtype that is a number": withHeader((t) => t.replace('"dtype":"F32"', '"dtype":32')),
  "an unknown dtype": withHeader((t) => t.replace('"F32"', '"F31"')),
  "a dtype of every object": withHeader((t) => t.replace('"F32"', '"constructor"')),
  "a dtype of another width": withHeader((t) => t.replace('"F32"', '"F64"')),
  "no shape": withHeader((t) => t.replace('"shape":[5],', "")),
  "a shape that is a number": withHeader((t) => t.replace('"shape":[5]', '"shape":5')),
  "a negative dimension": withHeader((t) => t.replace('"shape":[5]', '"shape":[-5]')),
  "a broken dimension": withHeader((t) => t.replace('"shape":[5]', '"shape":[5.5]')),
  "a dimension as text": withHeader((t) => t.replace('"shape":[5]', '"shape":["5"]')),
  "dimensions beyond all numbers": withHeader((t) =>
    t.replace('"shape":[5]', '"shape":[9007199254740991,9007199254740991]'),
  ),
  "no offsets": withHeader((t) => t.replace(',"data_offsets":[80,100]', "")),
  "one offset": withHeader((t) => t.replace("[80,100]", "[80]")),
  "three offsets": withHeader((t) => t.replace("[80,100]", "[80,100,120]")),
  "a negative offset": withHeader((t) => t.replace("[0,80]", "[-80,0]")),
  "offsets in the wrong order": withHeader((t) => t.replace("[80,100]", "[100,80]")),
  "offsets past the end": withHeader((t) => t.replace("[80,100]", "[8000,8020]")),
  "offsets of another size": withHeader((t) => t.replace("[80,100]", "[80,104]")),
  "a broken offset": withHeader((t) => t.replace("[80,100]", "[80.5,100.5]")),
  "tensors that overlap": withHeader((t) => t.replace("[80,100]", "[76,96]")),
  "two tensors in one place": withHeader((t) => t.replace("[160,172]", "[80,92]")),
  "a hole between tensors": assembled(
    rightHeader.replace("[80,100]", "[84,104]").replace("[100,160]", "[104,164]").replace("[160,172]", "[164,176]"),
    new Uint8Array([...rightData, 0, 0, 0, 0]),
  ),
  "another shape": replaced(0, { shape: [5, 4] }),
  "another rank": replaced(0, { shape: [20] }),
  "a larger tensor": replaced(1, f32("h.b", [6])),
  "a missing tensor": file(plainFile().slice(1)),
  "another name": replaced(2, { name: "z.w" }),
  "no tensors": file([]),
  "metadata that is a list": withHeader((t) => t.replace("{", '{"__metadata__":["seed"],')),
  "metadata with a number": withHeader((t) => t.replace("{", '{"__metadata__":{"step":5},')),
  "a step that is no number": file(plainFile(), { step: "three" }),
  "a negative step": file(plainFile(), { step: "-1" }),
  "a broken step": file(plainFile(), { step: "1.5" }),
  "an empty step": file(plainFile(), { step: "" }),
  "a seed that is no number": file(plainFile(), { seed: "NaN" }),
  "an endless seed": file(plainFile(), { seed: "Infinity" }),
};

test.each(Object.entries(corruptions))("%s: refused, nothing changed", (_, bytes) => {
  const t = trained(2);
  const reference = trained(2);
  const before = bits(t);
  expect(() => t.load(bytes)).toThrow(/^load: ./);
  expect(bits(t)).toBe(before);
  expect(t.step(batches[2])).toBe(reference.step(batches[2]));
});

test("wrong arguments of load are refused", () => {
  const t = trained(2);
  const before = bits(t);
  const calls: readonly (readonly [unknown, unknown])[] = [
    [undefined, undefined],
    [null, undefined],
    ["file", undefined],
    [right.buffer, undefined],
    [Array.from(right), undefined],
    [new Float32Array(right.length), undefined],
    [right, { rename: { nothing: "h.W" } }],
    [right, { rename: { "h.W": 5 } }],
    [right, { rename: "h.W" }],
    [right, { rename: null }],
    [right, { renamed: {} }],
    [right, "rename"],
  ];
  for (const [bytes, options] of calls) expect(() => t.load(bytes, options), String(bytes)).toThrow(TypeError);
  expect(() => t.load(right, { rename: { "h.W": "h.V" } })).toThrow(/h\.V/);
  expect(bits(t)).toBe(before);
});

test("random changes of a file's bytes never do anything between loading and refusing", () => {
  const bytes = trained(2).save();
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const choices = integers(600, 8 + length, 3);
  const values = integers(600, 256, 4);
  for (let k = 0; k < 600; k++) {
    const changed = bytes.slice();
    changed[choices[k]] = values[k];
    const t = m.trainer({ batch: 3, seed: 8 });
    const before = copies(t.params);
    let refused = false;
    try {
      t.load(changed);
    } catch (error) {
      refused = true;
      expect(String(error)).toMatch(/^Error: load: /);
    }
    if (refused) expect(t.params).toEqual(before);
  }
});
