/** Thinwire for embedders: vectors to compressed messages and back. */

export { type Backend, hasSimd } from "../bindings/instance.ts";
export type { Dtype } from "../bindings/kernels.ts";
export type { Codec, CodecOptions } from "./codec/codec.ts";
export type { ErrorFeedback, Shifted, ShiftedOptions } from "./codec/stateful.ts";
export { type LoadOptions, load, type MessageInfo, type Thinwire } from "./codec/thinwire.ts";
export type { Constants } from "./core/contracts.ts";
export { UsageError, type WireCode, WireError } from "./core/errors.ts";
