// Elementary functions over arrays of operands: a loop around the function's body, with the functions that it calls written out in place.
// Engines pass numbers that go into and come out of a call as objects unless they inline the call, and they inline only so much.
import ts from "typescript";

/**
 * `function <entry>Batch(count: number)`, which replaces each of the first `count` operands (pairs of operands) by the value of `entry`.
 *
 * Functions with loops, what a function calls in `if (!(..)) return`, the form in which range tests also catch NaN, and f64 functions that f32 ones call in a branch, are for
 * rare operands: they stay calls.
 *
 * Names of declarations are `$name$` in the sources and in the result.
 *
 * @param {string} entry
 * @param {Map<string, ts.FunctionDeclaration>} functions every function that may be written out, by name
 */
export function batchFunction(entry, functions) {
  const declaration = functions.get(entry);
  const writer = new Writer(functions, entry.endsWith("F32"));
  const parameters = declaration.parameters.map((p) => p.name.text);
  const slots = parameters.length === 2 ? ["$operands$[2 * i]", "$operands$[2 * i + 1]"] : ["$operands$[i]"];
  const scope = { names: new Map(), inLoop: false, finish: (value, inLoop) => ({ store: `$operands$[i] = ${value};`, leave: inLoop ? "continue each;" : "continue;" }) }; // prettier-ignore
  const lines = parameters.map((p, k) => `${isAssigned(p, declaration.body) ? "let" : "const"} ${writer.declare(p, scope)} = ${slots[k]};`); // prettier-ignore
  lines.push(...writer.statements(declaration.body.statements, scope, true));
  const label = lines.some((line) => line.includes("continue each;")) ? "each: " : "";
  const what = slots.length === 2 ? "pair of operands, in the first places" : "operand, in its place";
  return [
    `/** ${entry} of each ${what}. */`,
    `function $${entry}Batch$(count: number): void {`,
    `${label}for (let i = 0; i < count; i++) {`,
    ...lines,
    "}",
    "}",
  ].join("\n");
}

class Writer {
  #functions;
  #single;
  #taken = new Set(["count", "i", "operands", "each"]);

  constructor(functions, single) {
    this.#functions = functions;
    this.#single = single;
    for (const name of functions.keys()) this.#taken.add(name);
  }

  #fresh(hint) {
    let name = hint;
    for (let k = 2; this.#taken.has(name); k++) name = `${hint}${k}`;
    this.#taken.add(name);
    return name;
  }

  declare(name, scope) {
    const own = this.#fresh(name);
    scope.names.set(name, own);
    return own;
  }

  /** `last`: nothing follows these statements in their function. */
  statements(list, scope, last) {
    return list.flatMap((s, k) => this.#statement(s, scope, last && k === list.length - 1));
  }

  #block(s, scope, last) {
    const inner = { ...scope, names: new Map(scope.names) };
    return ["{", ...this.statements(ts.isBlock(s) ? s.statements : [s], inner, last), "}"];
  }

  #statement(s, scope, last) {
    const before = [];
    if (ts.isVariableStatement(s)) {
      const kind = s.declarationList.flags & ts.NodeFlags.Const ? "const" : "let";
      return s.declarationList.declarations.flatMap((d) => {
        const own = [];
        const value = d.initializer === undefined ? "" : ` = ${this.#expression(d.initializer, scope, own)}`;
        return [...own, `${kind} ${this.declare(d.name.text, scope)}${value === "" ? ": number" : value};`];
      });
    }
    if (ts.isExpressionStatement(s)) {
      const value = this.#expression(s.expression, scope, before);
      return [...before, `${value};`];
    }
    if (ts.isReturnStatement(s)) {
      const { store, leave } = scope.finish(this.#expression(s.expression, scope, before), scope.inLoop);
      return [...before, store, ...(last ? [] : [leave])];
    }
    if (ts.isIfStatement(s)) {
      const condition = this.#expression(s.expression, scope, before);
      const isRange =
        ts.isPrefixUnaryExpression(s.expression) && s.expression.operator === ts.SyntaxKind.ExclamationToken;
      const then = this.#block(s.thenStatement, { ...scope, branch: true, rare: scope.rare || isRange }, last);
      const otherwise =
        s.elseStatement === undefined
          ? []
          : ["else", ...this.#block(s.elseStatement, { ...scope, branch: true }, last)];
      return [...before, `if (${condition})`, ...then, ...otherwise];
    }
    if (ts.isForStatement(s)) {
      const inner = { ...scope, names: new Map(scope.names), inLoop: true };
      const [start] = s.initializer.declarations;
      const from = this.#expression(start.initializer, inner, before);
      const name = this.declare(start.name.text, inner);
      const head = [`let ${name} = ${from}`, s.condition, s.incrementor].map((e) =>
        typeof e === "string" ? e : this.#expression(e, inner, null),
      );
      return [...before, `for (${head.join("; ")})`, ...this.#block(s.statement, inner, false)];
    }
    throw new Error(`no way to write out: ${s.getText()}`);
  }

  /** `before`: takes the statements that have to come first; null where there is no place for any. */
  #expression(e, scope, before) {
    const inner = (child) => this.#expression(child, scope, before);
    if (ts.isIdentifier(e)) return scope.names.get(e.text) ?? e.text;
    if (ts.isNumericLiteral(e)) return e.getText();
    if (ts.isParenthesizedExpression(e)) return `(${inner(e.expression)})`;
    if (ts.isPrefixUnaryExpression(e)) return `${ts.tokenToString(e.operator)}${inner(e.operand)}`;
    if (ts.isPropertyAccessExpression(e)) return `${inner(e.expression)}.${e.name.text}`;
    if (ts.isElementAccessExpression(e)) return `${inner(e.expression)}[${inner(e.argumentExpression)}]`;
    if (ts.isConditionalExpression(e)) return this.#conditional(e, scope, before);
    if (ts.isCallExpression(e)) return this.#call(e, scope, before);
    if (ts.isBinaryExpression(e)) {
      const operator = ts.tokenToString(e.operatorToken.kind);
      const isLazy = operator === "&&" || operator === "||";
      const left = inner(e.left);
      const known = before?.length ?? 0;
      const right = isLazy ? this.#expression(e.right, scope, null) : inner(e.right);
      // A call that is written out comes before the whole expression: it must not write what the left side reads.
      if (operator !== "=" && /\[/.test(left) && before !== null && before.length > known)
        throw new Error(`read the array in a statement of its own: ${e.getText()}`);
      return `${left} ${operator} ${right}`;
    }
    throw new Error(`no way to write out: ${e.getText()}`);
  }

  #conditional(e, scope, before) {
    const condition = this.#expression(e.condition, scope, before);
    const branches = [e.whenTrue, e.whenFalse].map((branch) => {
      const own = [];
      return { own, value: this.#expression(branch, { ...scope, branch: true }, before === null ? null : own) };
    });
    if (branches.every(({ own }) => own.length === 0))
      return `${condition} ? ${branches[0].value} : ${branches[1].value}`;
    const chosen = this.#fresh("chosen");
    const [then, otherwise] = branches.map(({ own, value }) => [...own, `${chosen} = ${value};`]);
    before.push(`let ${chosen}: number;`, `if (${condition}) {`, ...then, "} else {", ...otherwise, "}");
    return chosen;
  }

  #call(e, scope, before) {
    const given = e.arguments.map((a) => this.#expression(a, scope, before));
    const callee = e.expression.getText();
    const name = callee.replaceAll("$", "");
    const called = this.#functions.get(name);
    const isRare = scope.rare || (scope.branch && this.#single && name.endsWith("F64"));
    if (called === undefined || isRare || before === null || hasLoop(called.body))
      return `${callee}(${given.join(", ")})`;
    const result = this.#fresh(name.replace(/(F32|F64)$/, "Value"));
    const label = this.#fresh(name.replace(/(F32|F64)$/, ""));
    const inside = { names: new Map(), inLoop: false, finish: (value) => ({ store: `${result} = ${value};`, leave: `break ${label};` }) }; // prettier-ignore
    const lines = called.parameters.flatMap(({ name: { text } }, k) => {
      if (/^[\w.]+$/.test(given[k]) && !isAssigned(text, called.body)) {
        inside.names.set(text, given[k]);
        return [];
      }
      return [`${isAssigned(text, called.body) ? "let" : "const"} ${this.declare(text, inside)} = ${given[k]};`];
    });
    lines.push(...this.statements(called.body.statements, inside, true));
    if (lines.some((line) => line === `break ${label};`)) {
      before.push(`let ${result}: number;`, `${label}: {`, ...lines, "}");
    } else {
      const end = lines.pop();
      // A result that is stored in one place is a constant of that value.
      if (end?.startsWith(`${result} = `) === true) before.push(...lines, `const ${end}`);
      else before.push(`let ${result}: number;`, ...lines, ...(end === undefined ? [] : [end]));
    }
    return result;
  }
}

function hasLoop(body) {
  let found = false;
  const visit = (node) => {
    found ||= ts.isForStatement(node);
    ts.forEachChild(node, visit);
  };
  visit(body);
  return found;
}

function isAssigned(name, body) {
  let found = false;
  const visit = (node) => {
    if (ts.isBinaryExpression(node) && ts.isIdentifier(node.left) && node.left.text === name) {
      const { kind } = node.operatorToken;
      found ||= kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
    }
    ts.forEachChild(node, visit);
  };
  visit(body);
  return found;
}
