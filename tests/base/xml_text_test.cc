#include "sender/base/xml_text.h"

#include <gtest/gtest.h>

#include "sender/base/csv_value.h"

namespace esm {
namespace {

TEST(XmlText, WhatXmlTakesForMarkupIsWrittenAsEntitiesAndWhatItForbidsAsText) {
  EXPECT_EQ(xml_text("a<b>&\"c' ü"), "a&lt;b&gt;&amp;&quot;c' ü");
  EXPECT_EQ(xml_text(std::string_view("\0\x01\n\xff", 4)), "\\x00\\x01\\x0a\\xff");
}

TEST(CsvValue, QuotesStandWhereTheyMust) {
  EXPECT_EQ(csv_value("a b;c"), "a b;c");
  EXPECT_EQ(csv_value("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_value("a\"b\n"), "\"a\"\"b\n\"");
}

}  // namespace
}  // namespace esm
