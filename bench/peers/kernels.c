// The benchmark's work in C, one thread: what the loops of assembly/core cost natively. Vectors are of GCC's vector
// extension, LANES floats wide: 4 (128 bits, as WebAssembly has) or 16 (with -march=native on a machine with AVX-512).
// No message, no hash; top-k sends plain 32-bit indices. Prints {"version", "ns": {operation: nanoseconds an element}}.
//
// Usage: kernels LOG2_OF_D SECONDS_PER_OPERATION
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

#ifndef LANES
#define LANES 4
#endif
#define BLOCK 1024

typedef float f32 __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint32_t u32 __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int32_t i32 __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint8_t u8 __attribute__((vector_size(LANES), aligned(1), may_alias));

static size_t n, k;
static float *x, *y;
static uint8_t *packed;
static uint32_t *indices;
static float *values;
static volatile double sink;

static u32 ra, rb, rc, rk; // SFC32, LANES streams

#define DRAW(t, a, b, c, k)              \
  u32 t = a + b + k;                     \
  k += 1;                                \
  a = b ^ (b >> 9);                      \
  b = c + (c << 3);                      \
  c = ((c << 21) | (c >> 11)) + t

static unsigned signs(f32 v) { // one bit a lane, set where v < 0
#if LANES == 16
  return _mm512_cmp_ps_mask((__m512)v, _mm512_setzero_ps(), _CMP_LT_OQ);
#else
  return _mm_movemask_ps((__m128)((i32)(v < 0.0f)));
#endif
}

static double total(f32 v) {
  double s = 0;
  for (int i = 0; i < LANES; ++i) s += v[i];
  return s;
}

static f32 magnitude(f32 v) { return (f32)((u32)v & 0x7fffffff); }

static void sum(void) {
  f32 s[4] = {0};
  double t = 0;
  for (size_t b = 0; b < n; b += BLOCK) {
    memset(s, 0, sizeof s);
    for (size_t i = b; i < b + BLOCK; i += 4 * LANES)
      for (int j = 0; j < 4; ++j) s[j] += *(f32 *)(x + i + j * LANES);
    t += total(s[0] + s[1] + s[2] + s[3]);
  }
  sink = t;
}

static void axpy(void) {
  for (size_t i = 0; i < n; ++i) y[i] += 1e-9f * x[i];
}

static void sign_norm(void) {
  double t = 0;
  uint8_t *out = packed;
  for (size_t b = 0; b < n; b += BLOCK) {
    f32 s0 = {0}, s1 = {0};
    for (size_t i = b; i < b + BLOCK; i += 2 * LANES) {
      f32 v0 = *(f32 *)(x + i), v1 = *(f32 *)(x + i + LANES);
      s0 += magnitude(v0);
      s1 += magnitude(v1);
      unsigned bits = signs(v0) | (signs(v1) << LANES);
      memcpy(out, &bits, LANES / 4);
      out += LANES / 4;
    }
    t += total(s0 + s1);
  }
  sink = t;
}

static double norm2(void) {
  double t = 0;
  for (size_t b = 0; b < n; b += BLOCK) {
    f32 s[4] = {0};
    for (size_t i = b; i < b + BLOCK; i += 4 * LANES)
      for (int j = 0; j < 4; ++j) {
        f32 v = *(f32 *)(x + i + j * LANES);
        s[j] += v * v;
      }
    t += total(s[0] + s[1] + s[2] + s[3]);
  }
  return sqrt(t);
}

static void dither(void) {
  float scale = 7 / norm2();
  uint8_t codes[BLOCK];
  u32 a = ra, b = rb, c = rc, kk = rk;
  for (size_t at = 0; at < n; at += BLOCK) {
    for (size_t i = 0; i < BLOCK; i += LANES) {
      f32 v = *(f32 *)(x + at + i);
      DRAW(t, a, b, c, kk);
      f32 u = __builtin_convertvector((i32)(t >> 8), f32) * 0x1p-24f;
      i32 level = __builtin_convertvector(magnitude(v) * scale + u, i32);
      i32 code = (level << 1) | (((i32)v >> 31) & (level > 0) & 1);
      *(u8 *)(codes + i) = __builtin_convertvector((u32)code, u8);
    }
    for (size_t i = 0; i < BLOCK / 2; ++i) packed[at / 2 + i] = codes[2 * i] | (codes[2 * i + 1] << 4);
  }
  ra = a, rb = b, rc = c, rk = kk;
}

static void generator(void) {
  u32 a = ra, b = rb, c = rc, kk = rk, all = {0};
  for (size_t i = 0; i < n; i += LANES) {
    DRAW(t, a, b, c, kk);
    all ^= t;
  }
  ra = a, rb = b, rc = c, rk = kk;
  sink = all[0];
}

static void natural(void) {
  u32 a = ra, b = rb, c = rc, kk = rk;
  uint8_t *exponents = packed + n / 8;
  for (size_t i = 0; i < n; i += 2 * LANES) {
    unsigned bits = 0;
    for (int j = 0; j < 2; ++j) {
      f32 v = *(f32 *)(x + i + j * LANES);
      DRAW(t, a, b, c, kk);
      u32 e = ((u32)magnitude(v) + (t >> 9)) >> 23;
      e += (u32)(e > 254); // never infinity: a mask is -1 where it is true
      *(u8 *)(exponents + i + j * LANES) = __builtin_convertvector(e, u8);
      bits |= signs(v) << (j * LANES);
    }
    memcpy(packed + i / 8, &bits, LANES / 4);
  }
  ra = a, rb = b, rc = c, rk = kk;
}

static float kth(float *w, size_t count, size_t rank) { // rank-th largest, from 1; reorders w
  long low = 0, high = (long)count - 1, at = (long)rank - 1;
  while (low < high) {
    float pivot = w[(low + high) / 2];
    long i = low, j = high;
    while (i <= j) {
      while (w[i] > pivot) ++i;
      while (w[j] < pivot) --j;
      if (i <= j) {
        float held = w[i];
        w[i++] = w[j];
        w[j--] = held;
      }
    }
    if (at <= j) high = j;
    else if (at >= i) low = i;
    else return pivot;
  }
  return w[at];
}

static uint32_t *candidates;
static float *work;

static void top_k(void) {
  enum { SAMPLE = 2048 };
  for (size_t i = 0; i < SAMPLE; ++i) work[i] = fabsf(x[i * (n / SAMPLE)]);
  double expected = (double)k * SAMPLE / n;
  float least = kth(work, SAMPLE, (size_t)ceil(expected + 3 * sqrt(expected) + 4));
  size_t count = 0;
  f32 bound = least - (f32){0};
  for (size_t i = 0; i < n; i += 16) {
    unsigned hits = 0;
    for (int j = 0; j < 16; j += LANES) {
      f32 v = *(f32 *)(x + i + j);
      hits |= signs(bound - magnitude(v)) << j;
    }
    for (; hits; hits &= hits - 1) candidates[count++] = i + __builtin_ctz(hits);
  }
  if (count < k) abort(); // the sample always suffices for this input
  for (size_t i = 0; i < count; ++i) work[i] = fabsf(x[candidates[i]]);
  float threshold = kth(work, count, k);
  size_t kept = 0, ties = k;
  for (size_t i = 0; i < count; ++i) ties -= fabsf(x[candidates[i]]) > threshold;
  for (size_t i = 0; i < count && kept < k; ++i) {
    float m = fabsf(x[candidates[i]]);
    if (m > threshold || (m == threshold && ties-- > 0)) {
      values[kept] = x[candidates[i]];
      indices[kept++] = candidates[i];
    }
  }
  sink = kept;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static double median_time(void (*run)(void), double seconds) {
  static double samples[1 << 20];
  int count = 0;
  run();
  for (double start = now(); count < 3 || (now() - start < seconds && count < (1 << 20)); ++count) {
    double before = now();
    run();
    samples[count] = now() - before;
  }
  qsort(samples, count, sizeof(double), ascending);
  return samples[count / 2];
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  n = (size_t)1 << atoi(argv[1]);
  double seconds = atof(argv[2]);
  k = (n + 50) / 100;
  x = aligned_alloc(64, 4 * n), y = aligned_alloc(64, 4 * n), values = aligned_alloc(64, 4 * n);
  work = aligned_alloc(64, 4 * n), packed = aligned_alloc(64, 4 * n);
  indices = aligned_alloc(64, 4 * n), candidates = aligned_alloc(64, 4 * n + 64);
  uint64_t s = 88172645463325252u;
  for (int lane = 0; lane < LANES; ++lane) ra[lane] = lane * 77, rb[lane] = ~lane, rc[lane] = lane * lane, rk[lane] = 1;
  for (size_t i = 0; i < n; ++i) {
    double u[2];
    for (int j = 0; j < 2; ++j) s ^= s << 13, s ^= s >> 7, s ^= s << 17, u[j] = ((s >> 11) + 0.5) * 0x1p-53;
    x[i] = sqrt(-2 * log(u[0])) * cos(6.283185307179586 * u[1]);
    y[i] = u[0];
  }
  struct {
    const char *name;
    void (*run)(void);
  } all[] = {{"sum", sum},           {"axpy", axpy},       {"sign + norm", sign_norm}, {"top-k 1 %", top_k},
             {"dithering s=7", dither}, {"natural", natural}, {"generator alone", generator}};
  printf("{\"version\": \"%s\", \"ns\": {", __VERSION__);
  for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
    printf("%s\"%s\": %g", i ? ", " : "", all[i].name, median_time(all[i].run, seconds) * 1e9 / n);
  printf("}}\n");
  return 0;
}
