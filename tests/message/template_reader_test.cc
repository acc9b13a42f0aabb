#include <string>

#include <gtest/gtest.h>

#include "tests/message/small_plan.h"

namespace esm::test {
namespace {
TEST(TemplateReader, Placeholder) {}
}  // namespace
}  // namespace esm::test
