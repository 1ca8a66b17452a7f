// InlineFunction: a move-only callable held in place, never on the heap.
//
// Asynchronous calls take their continuation as one. A closure that does not fit fails to compile:
// capture a pointer to the state instead.

#ifndef BASALT_BASE_FUNCTION_H_
#define BASALT_BASE_FUNCTION_H_

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.h"

namespace base {

inline constexpr size_t kInlineFunctionBytes = 48;

template <class Signature>
class InlineFunction;

template <class R, class... Args>
class InlineFunction<R(Args...)> {
 public:
  InlineFunction() = default;

  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, InlineFunction> &&
             std::is_invocable_r_v<R, F&, Args...>)
  InlineFunction(F&& f) {  // NOLINT: implicit, so that a lambda can be passed
    using Held = std::decay_t<F>;
    static_assert(sizeof(Held) <= kInlineFunctionBytes, "the closure is too large to be inline");
    static_assert(alignof(Held) <= alignof(std::max_align_t));
    static_assert(std::is_nothrow_move_constructible_v<Held>);
    new (storage_) Held(std::forward<F>(f));
    ops_ = &kOpsFor<Held>;
  }

  InlineFunction(InlineFunction&& other) noexcept { take(other); }
  InlineFunction& operator=(InlineFunction&& other) noexcept {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  ~InlineFunction() { reset(); }

  explicit operator bool() const { return ops_ != nullptr; }

  // REQUIRES: holds a callable.
  R operator()(Args... args) {
    CHECK(ops_ != nullptr);
    return ops_->call(storage_, std::forward<Args>(args)...);
  }

  void reset() {
    if (ops_ == nullptr) return;
    ops_->destroy(storage_);
    ops_ = nullptr;
  }

 private:
  struct Ops {
    R (*call)(void*, Args&&...);
    void (*relocate)(void* to, void* from);
    void (*destroy)(void*);
  };

  template <class Held>
  static constexpr Ops kOpsFor = {
      [](void* self, Args&&... args) -> R {
        return (*static_cast<Held*>(self))(std::forward<Args>(args)...);
      },
      [](void* to, void* from) {
        new (to) Held(std::move(*static_cast<Held*>(from)));
        static_cast<Held*>(from)->~Held();
      },
      [](void* self) { static_cast<Held*>(self)->~Held(); },
  };

  void take(InlineFunction& other) {
    ops_ = other.ops_;
    if (ops_ != nullptr) ops_->relocate(storage_, other.storage_);
    other.ops_ = nullptr;
  }

  alignas(std::max_align_t) std::byte storage_[kInlineFunctionBytes];
  const Ops* ops_ = nullptr;
};

}  // namespace base

#endif  // BASALT_BASE_FUNCTION_H_
