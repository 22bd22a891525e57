import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { format } from "../../src/1-parse/format.ts";
import { parse } from "../../src/1-parse/parse.ts";
import { bare, parsed } from "./helpers.ts";

function filesUnder(directory: string, suffix: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(suffix))
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort();
}

function roundTrip(text: string): string {
  const before = parsed(text);
  const once = format(before);
  const after = parsed(once);
  expect(bare(after.items)).toEqual(bare(before.items));
  expect(after.comments).toHaveLength(before.comments.length);
  expect(format(after)).toBe(once);
  return once;
}

const corpus = [...filesUnder("examples", ".nn"), ...filesUnder("grammar", ".nn")];

describe("format", () => {
  it.each(corpus)("keeps the meaning of %s, and is stable", (path) => {
    roundTrip(readFileSync(path, "utf8"));
  });

  it("keeps the meaning of every sample that parses", () => {
    const samples = filesUnder("test/samples", ".nn").map((path) => readFileSync(path, "utf8"));
    for (const text of samples) {
      const { file, diagnostics } = parse({ path: "a.nn", text });
      if (diagnostics.length > 0) continue;
      const once = format(file);
      expect(bare(parsed(once).items)).toEqual(bare(file.items));
      expect(format(parsed(once))).toBe(once);
    }
  });

  it("writes every construct in one way", () => {
    const text = `
import{a,b as c}from"./d.nn"
const   k=2*3
fn f(x:[..., n],y:index( k )[m],z:bool[n]=true,w:bool,v:[])=(x+y)*-z^2--w
derive f(x:[n,3]):value,gradient(x,y)
derive g:none
fn g(){return 1,2}
initializer he(shape,fan_in)=normal(shape,0,sqrt(2/fan_in))
optimizer sgd(p,g,lr=0.1){state m=zeros_like(p);next m=m+g next p=p-lr*m}
layer e(){}
model M{input x:[batch,n];target y:index(10)[batch]
frozen param W:[n,m];param b=0
hyper h=0.1;use enc=dense(units=64);q,_=f(x,axis=-1)
output p=softmax(q);output q;loss mse(p,y);loss l=q;metric a=mean(p==y);train adam(lr=1_000.)
r=[i<n,1<=j<m]->W[i,j:,::2,:-1,a:b:c].T.0
s=[i<n]->{return i}
t=for t in 0:T-1 carry h=h0,c=1{next h=c}
u=scan t in 0:T carry h=h0 yield y max 9{y=h}
v=while a<b carry a=1 max 9{next a=2*a}
w=repeat l<12 carry h=x{next h=g(h)}
z=if not a and b or c then einsum("ij->ji",x)else if inf>nan then[1,[2,]]else pi}
`;
    expect(roundTrip(text)).toBe(`import { a, b as c } from "./d.nn"
const k = 2 * 3
fn f(x: [..., n], y: index(k)[m], z: bool[n] = true, w: bool, v: []) = (x + y) * -z^2 - -w
derive f(x: [n, 3]): value, gradient(x, y)
derive g: none

fn g() {
  return 1, 2
}

initializer he(shape, fan_in) = normal(shape, 0, sqrt(2 / fan_in))

optimizer sgd(p, g, lr = 0.1) {
  state m = zeros_like(p)
  next m = m + g
  next p = p - lr * m
}

layer e() {}

model M {
  input x: [batch, n]
  target y: index(10)[batch]
  frozen param W: [n, m]
  param b = 0
  hyper h = 0.1
  use enc = dense(units = 64)
  q, _ = f(x, axis = -1)
  output p = softmax(q)
  output q
  loss mse(p, y)
  loss l = q
  metric a = mean(p == y)
  train adam(lr = 1_000.)
  r = [i < n, 1 <= j < m] -> W[i, j:, ::2, :-1, a:b:c].T.0
  s = [i < n] -> {
    return i
  }
  t = for t in 0 : T - 1 carry h = h0, c = 1 {
    next h = c
  }
  u = scan t in 0 : T carry h = h0 yield y max 9 {
    y = h
  }
  v = while a < b carry a = 1 max 9 {
    next a = 2 * a
  }
  w = repeat l < 12 carry h = x {
    next h = g(h)
  }
  z = if not a and b or c then einsum("ij->ji", x) else if inf > nan then [1, [2]] else pi
}
`);
  });

  it("breaks long lines inside brackets, before operators, and before branches", () => {
    const long = "a_rather_long_name_of_a_value";
    const text = [
      `fn f(x) = g(${long}, ${long}, first = ${long}, second = ${long})`,
      `fn g(x) = ${long} * ${long} + ${long} * ${long} - ${long}`,
      `fn h(x) = if ${long} > 0 then ${long} else if ${long} < 0 then ${long} else ${long}`,
      `fn k(${long}: [n, m], another_${long}: [n, m], third_${long} = 3) = 2`,
    ].join("\n");
    const once = roundTrip(text);
    expect(once).toBe(`fn f(x) = g(
  ${long},
  ${long},
  first = ${long},
  second = ${long}
)
fn g(x) =
  ${long} * ${long}
    + ${long} * ${long}
    - ${long}
fn h(x) =
  if ${long} > 0
    then ${long}
    else if ${long} < 0 then ${long}
    else ${long}
fn k(
  ${long}: [n, m],
  another_${long}: [n, m],
  third_${long} = 3
) = 2
`);
    expect(Math.max(...once.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  it("keeps comments and blank lines", () => {
    const text = `// head


// above a
const a = 1 // of a
const bcd = 2   /* of b */  // and more


/// doc
// not doc
fn f(x, // odd
  y) { // first
  // own line

  z = x /* inside */ + // why
    y  // last


  w = for t in 0 : T { // loop
    // in the loop
    y = z // of y
  } // behind the loop
  /* two
     lines */
  return w
  // foot
} // behind

/// of nothing`;
    expect(roundTrip(text)).toBe(`// head

// above a
const a = 1    // of a
const bcd = 2  /* of b */ // and more

/// doc
// not doc
// odd
fn f(x, y) {  // first
  // own line

  /* inside */
  // why
  z = x + y  // last

  w = for t in 0 : T {  // loop
    // in the loop
    y = z  // of y
  }        // behind the loop
  /* two
     lines */
  return w
  // foot
}  // behind

/// of nothing
`);
  });

  it("gives no item a doc comment that it had not", () => {
    expect(roundTrip("fn f(x) =\n  /// inside\n  x")).toBe("// inside\nfn f(x) = x\n");
    expect(roundTrip("/// a\n\n\n/// b\nfn f() = 1 /// of g\nfn g() = 2")).toBe(
      "/// a\n/// b\nfn f() = 1\n/// of g\nfn g() = 2\n",
    );
  });

  it("makes empty text of an empty file", () => {
    expect(roundTrip("")).toBe("");
    expect(roundTrip("\n\n// only this\n\n")).toBe("// only this\n");
  });
});
