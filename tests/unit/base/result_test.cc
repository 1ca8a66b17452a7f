#define BOOST_TEST_MODULE result
#include "base/result.h"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <memory>
#include <set>
#include <string>

using namespace base;

namespace {

Status pass_on(const Status& status, bool* reached) {
  RETURN_IF_ERROR(status);
  *reached = true;
  return ok_status();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_result_carries_its_value_or_its_error) {
  const Result<int> good = 3;
  const Result<int> bad = Error{ErrorCode::kBusy, 0, "segment"};
  BOOST_TEST(good.ok());
  BOOST_TEST(static_cast<bool>(good));
  BOOST_TEST(*good == 3);
  BOOST_TEST(!bad.ok());
  BOOST_TEST(!static_cast<bool>(bad));
  BOOST_TEST((bad.error().code == ErrorCode::kBusy));
  BOOST_TEST(ok_status().ok());
}

BOOST_AUTO_TEST_CASE(a_value_that_cannot_be_copied_is_moved_out) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  BOOST_TEST(**result == 5);
  const std::unique_ptr<int> taken = std::move(result).value();
  BOOST_TEST(*taken == 5);
  BOOST_TEST(result.value() == nullptr);
}

BOOST_AUTO_TEST_CASE(asking_for_what_is_not_there_is_a_programmers_error) {
  struct Failed {};
  const auto fails = [](const auto& body) {
    set_check_failure_hook([](const char*) { throw Failed{}; });
    BOOST_CHECK_THROW(body(), Failed);
  };
  Result<int> good = 3;
  Result<int> bad = Error{ErrorCode::kBusy};
  fails([&] { good.error(); });
  fails([&] { bad.value(); });
  fails([&] { std::move(bad).value(); });
  fails([&] { Error::from_errno(0); });
  fails([&] { Error::from_errno(-EIO); });
}

BOOST_AUTO_TEST_CASE(an_error_says_what_the_kernel_said_and_where) {
  BOOST_TEST(Error::from_errno(ENOSPC, "segment").to_string() ==
             "no space: No space left on device (segment)");
  BOOST_TEST(Error::from_errno(EIO).to_string() == "I/O error: Input/output error");
  BOOST_TEST((Error{ErrorCode::kCorrupt, 0, "record"}).to_string() == "corrupt data (record)");
  BOOST_TEST((Error{ErrorCode::kCancelled}).to_string() == "cancelled");
}

BOOST_AUTO_TEST_CASE(every_code_has_a_name_of_its_own) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(ErrorCode::kCancelled); ++i)
    names.insert(error_code_name(static_cast<ErrorCode>(i)));
  BOOST_TEST(names.size() == static_cast<size_t>(ErrorCode::kCancelled) + 1);
  BOOST_TEST(!names.contains("unknown error"));
}

BOOST_AUTO_TEST_CASE(errors_of_the_kernel_are_sorted_by_what_can_be_done_about_them) {
  const auto code_of = [](int error) { return Error::from_errno(error).code; };
  for (const int error : {ENOSPC, EDQUOT, EFBIG})
    BOOST_TEST((code_of(error) == ErrorCode::kNoSpace));
  BOOST_TEST((code_of(ENOENT) == ErrorCode::kNotFound));
  BOOST_TEST((code_of(ENOMEM) == ErrorCode::kNoMemory));
  BOOST_TEST((code_of(ECANCELED) == ErrorCode::kCancelled));
  for (const int error : {EOPNOTSUPP, ENOSYS})
    BOOST_TEST((code_of(error) == ErrorCode::kUnsupported));
  for (const int error : {EIO, EACCES, EROFS, EINVAL}) {
    BOOST_TEST((code_of(error) == ErrorCode::kIo));
    BOOST_TEST(Error::from_errno(error).sys_errno == error);
  }
}

BOOST_AUTO_TEST_CASE(an_error_leaves_the_function_that_met_it) {
  bool reached = false;
  const Status failed = pass_on(Error{ErrorCode::kNoMemory, 0, "here"}, &reached);
  BOOST_TEST(!reached);
  BOOST_TEST(failed.error().to_string() == "out of memory budget (here)");
  BOOST_TEST(pass_on(ok_status(), &reached).ok());
  BOOST_TEST(reached);
}
