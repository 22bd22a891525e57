/*
 * Exact-enough values for the sweep: reads doubles (one or two arguments a point) from standard input, writes three
 * doubles a point: the value correctly rounded to double, what that leaves off, and the value correctly rounded to
 * float. Computed in quadruple precision (113 bits, GCC's libquadmath).
 *
 *     gcc -O2 reference.c -o reference -lquadmath -lm && ./reference exp < points > values
 */
#include <quadmath.h>
#include <stdio.h>
#include <string.h>

typedef __float128 quad;

static quad sigmoid(quad x) { return 1 / (1 + expq(-x)); }
static quad softplus(quad x) { return x > 100 ? x + expq(-x) : log1pq(expq(x)); }
static quad quotient_floor(quad x, quad y) { return floorq(x / y); }
static quad floor_modulo(quad x, quad y) {
  quad r = fmodq(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}

static const struct { const char *name; quad (*f)(quad); } unary[] = {
  {"exp", expq}, {"expm1", expm1q}, {"log", logq}, {"log1p", log1pq}, {"log2", log2q}, {"log10", log10q},
  {"sin", sinq}, {"cos", cosq}, {"tan", tanq}, {"asin", asinq}, {"acos", acosq}, {"atan", atanq},
  {"sinh", sinhq}, {"cosh", coshq}, {"tanh", tanhq}, {"asinh", asinhq}, {"acosh", acoshq}, {"atanh", atanhq},
  {"erf", erfq}, {"erfc", erfcq}, {"sigmoid", sigmoid}, {"softplus", softplus}, {"cbrt", cbrtq}, {"round", rintq},
};

static const struct { const char *name; quad (*f)(quad, quad); } binary[] = {
  {"pow", powq}, {"powi", powq}, {"hypot", hypotq}, {"atan2", atan2q}, {"mod", floor_modulo}, {"div", quotient_floor},
};

static void put(quad value) {
  double out[3];
  out[0] = (double)value;
  out[1] = (double)(value - (quad)out[0]);
  out[2] = (float)value;
  fwrite(out, sizeof out, 1, stdout);
}

int main(int argc, char **argv) {
  double in[2];
  if (argc < 2) return 2;
  for (size_t i = 0; i < sizeof unary / sizeof *unary; i++)
    if (!strcmp(argv[1], unary[i].name)) {
      while (fread(in, sizeof(double), 1, stdin) == 1) put(unary[i].f(in[0]));
      return 0;
    }
  for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
    if (!strcmp(argv[1], binary[i].name)) {
      while (fread(in, sizeof(double), 2, stdin) == 2) put(binary[i].f(in[0], in[1]));
      return 0;
    }
  fprintf(stderr, "unknown function %s\n", argv[1]);
  return 2;
}
