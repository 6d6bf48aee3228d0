// The module of a thread pool: all of the embedder's module, over a shared memory, and what encodes a part of a vector.

export * from "./index";
export { naturalPlanes_f32, naturalPlanes_f64 } from "./natural";
export {
  topKBegin_f32,
  topKBegin_f64,
  topKCollect_f32,
  topKCollect_f64,
  topKList,
  topKListed_f32,
  topKListed_f64,
  topKRoom,
} from "./select";
