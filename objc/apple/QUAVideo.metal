// Pictures as they come from cameras and decoders, to RGB. The sum is done in integers on the sampled codes, so that a
// GPU's fast maths has no room: every colour is the one of qua_colour_weights, bit for bit.
#include <metal_stdlib>
using namespace metal;

struct Varying {
  float4 position [[position]];
  float2 at;
};

// As qua_colour_weights.
struct Weights {
  int offset, y, rv, gu, gv, bu;
};

vertex Varying qua_vertex(uint id [[vertex_id]], constant float4 *quad [[buffer(0)]]) {
  Varying out;
  out.position = float4(quad[id].x, quad[id].y, 0.0f, 1.0f);
  out.at = float2(quad[id].z, quad[id].w);
  return out;
}

static inline float4 rgb(int luma, int u, int v, constant Weights &w) {
  int y = (luma - w.offset) * w.y;
  int3 sum = int3(y + w.rv * v, y + w.gu * u + w.gv * v, y + w.bu * u) + 4096;
  return float4(float3(clamp(sum >> 13, 0, 255)) / 255.0f, 1.0f);
}

fragment float4 qua_fragment_nv12(Varying in [[stage_in]], texture2d<float> luma [[texture(0)]],
                                  texture2d<float> chroma [[texture(1)]], constant Weights &weights [[buffer(0)]]) {
  constexpr sampler nearest(filter::nearest, address::clamp_to_edge);
  int y = int(rint(luma.sample(nearest, in.at).r * 255.0f));
  int2 c = int2(rint(chroma.sample(nearest, in.at).rg * 255.0f)) - 128;
  return rgb(y, c.x, c.y, weights);
}

fragment float4 qua_fragment_i420(Varying in [[stage_in]], texture2d<float> luma [[texture(0)]],
                                  texture2d<float> blue [[texture(1)]], texture2d<float> red [[texture(2)]],
                                  constant Weights &weights [[buffer(0)]]) {
  constexpr sampler nearest(filter::nearest, address::clamp_to_edge);
  int y = int(rint(luma.sample(nearest, in.at).r * 255.0f));
  int u = int(rint(blue.sample(nearest, in.at).r * 255.0f)) - 128;
  int v = int(rint(red.sample(nearest, in.at).r * 255.0f)) - 128;
  return rgb(y, u, v, weights);
}
