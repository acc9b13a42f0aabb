// Whatever bytes stand in any value, a message stays one message, and each value in its field. The
// lines are parsed back by readers written here from the formats' own rules.
#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/message/framing.h"

#include "tests/message/small_plan.h"
#include "tests/support/message_rules.h"

namespace esm::test {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// Mostly what could hurt; sometimes nothing at all.
std::string hostile(std::mt19937_64& random) {
  static const std::vector<std::string> kPieces{"\n",
                                                "\r\n",
                                                std::string(1, '\0'),
                                                "\t",
                                                "|",
                                                "=",
                                                "\\",
                                                "^",
                                                "\x1B[",
                                                "\"",
                                                ",",
                                                "'",
                                                " ",
                                                "duser=",
                                                " dst=",
                                                "<0>",
                                                "12 ",
                                                "\xC3\xBC",
                                                "\xE2\x80\xA8",
                                                "\xFF",
                                                "\x80",
                                                "LEEF:1.0|",
                                                "{esm.name}",
                                                "%n",
                                                "\\n",
                                                "\xEF\xBB\xBF",
                                                "-",
                                                "a",
                                                "Z",
                                                "7",
                                                "\x7F",
                                                "--"};
  std::string text;
  for (std::uint64_t n = random() % 8; n > 0; --n) {
    if (random() % 4 == 0) {
      text += static_cast<char>(random() % 256);
    } else {
      text += kPieces[random() % kPieces.size()];
    }
  }
  if (random() % 50 == 0) text += std::string(300, text.empty() ? 'x' : text[0]);
  return text;
}

NamePattern hostile_pattern(std::mt19937_64& random) {
  NamePattern pattern;
  pattern.prefix = hostile(random);
  if (random() % 2 == 0) return pattern;
  pattern.numbered = true;
  pattern.width = static_cast<int>(random() % 21);
  pattern.suffix = hostile(random);
  return pattern;
}

std::string name_of_pattern(const NamePattern& pattern, std::uint32_t index) {
  if (!pattern.numbered) return pattern.prefix + pattern.suffix;
  return fmt::format("{}{:0{}}{}", pattern.prefix, index + 1, pattern.width, pattern.suffix);
}

// A hundred of them, in a few domains: as a file may have them, and worse.
std::shared_ptr<const People> hostile_people(std::mt19937_64& random) {
  auto people = std::make_shared<People>();
  while (people->size() < 100) {
    const auto domain = people->add_domain(people->size() % 20 == 0 ? hostile(random) : "CORP");
    people->add(hostile(random) + std::to_string(random() % 1'000), *domain);
  }
  return people;
}

// What the receiver should read.
struct Values {
  std::string host, user, domain, address, version, esm_name;
};

struct Case {
  Scenario scenario;
  Event event;
  Values values;
};

Case hostile_case(std::mt19937_64& random) {
  Case made;
  made.scenario = sample_scenario();
  EsmServer& server = made.scenario.esms[0];
  server.name = hostile(random);
  server.version = hostile(random);
  UserGroup& users = made.scenario.users[0];
  users.count = 100'000;
  users.name = hostile_pattern(random);
  users.domains = {{hostile(random)}};
  users.form = static_cast<UserForm>(random() % 3);
  EndpointGroup& endpoints = made.scenario.endpoints[0];
  endpoints.count = 100'000;
  endpoints.host = hostile_pattern(random);
  endpoints.pool = {*IpNetwork::parse(random() % 2 == 0 ? "10.0.0.0/8" : "2001:db8::/64")};
  if (random() % 2 == 0) endpoints.versions = {{hostile(random)}};
  if (random() % 2 == 0) endpoints.os = {{hostile(random)}};
  endpoints.idle = static_cast<IdleBeat>(random() % 4);

  if (random() % 3 == 0) {
    users.people = hostile_people(random);
    users.count = users.people->size();
  } else if (random() % 3 == 0) {
    users.awkward.shares = {160'000, 160'000, 160'000, 160'000, 160'000, 160'000};
    users.domains = {{hostile(random), 500'000}, {hostile(random), 500'000}};
  }

  made.event.endpoint = static_cast<std::uint32_t>(random() % endpoints.count);
  made.event.user =
      random() % 10 == 0 ? kNobody : static_cast<std::uint32_t>(random() % users.count);
  made.event.due = SimTime{static_cast<std::int64_t>(random() % 1'000'000'000'000'000)};

  Values& values = made.values;
  values.host = name_of_pattern(endpoints.host, made.event.endpoint);
  values.address = endpoints.pool[0].address(made.event.endpoint).to_string();
  values.version = endpoints.versions.empty() ? server.version : endpoints.versions[0].text;
  values.esm_name = server.name;
  if (endpoints.idle == IdleBeat::kDash) values.user = "-";  // of nobody
  if (made.event.user != kNobody) {
    const UserVariants variants(users);
    const std::uint32_t variant = variants.of(made.event.user);
    const std::string domain(variants.domain(variant));
    values.user = users.people ? std::string(users.people->name(made.event.user))
                               : std::string(variants.word(variant)) +
                                     name_of_pattern(users.name, made.event.user);
    values.domain = domain;
    if (users.form == UserForm::kDownLevel) values.user = domain + "\\" + values.user;
    if (users.form == UserForm::kPrincipal) values.user += "@" + domain;
  }
  return made;
}

std::string blanked(std::string text, std::string_view also = {}) {
  std::replace_if(
      text.begin(), text.end(),
      [&](char c) { return is_control(c) || also.find(c) != std::string_view::npos; }, ' ');
  return text;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

using Fields = std::vector<std::pair<std::string, std::string>>;

// Header parts and fields of a LEEF message by the rules of its guide.
std::pair<std::vector<std::string>, Fields> read_leef(std::string_view text, std::size_t parts,
                                                      char delimiter) {
  std::vector<std::string> header;
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t end = text.find('|');
    EXPECT_NE(end, std::string_view::npos);
    header.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  Fields fields;
  for (const std::string& field : split(text, delimiter)) {
    const std::size_t equals = field.find('=');
    EXPECT_NE(equals, std::string::npos) << field;
    fields.emplace_back(field.substr(0, equals), field.substr(equals + 1));
  }
  return {header, fields};
}

// The same of CEF: backslashes escape, and a key is the word before an equals sign of its own.
std::pair<std::vector<std::string>, Fields> read_cef(std::string_view text) {
  std::vector<std::string> header(1);
  std::size_t i = 0;
  for (; header.size() < 8 && i < text.size(); ++i) {
    if (text[i] == '\\') {
      header.back() += text[++i];
    } else if (text[i] == '|') {
      header.emplace_back();
    } else {
      header.back() += text[i];
    }
  }
  header.pop_back();
  Fields fields;
  std::string value;
  for (; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
      value += text[i] == 'n' ? '\n' : text[i] == 'r' ? '\r' : text[i];
    } else if (text[i] == '=') {
      const std::size_t space = value.rfind(' ');
      const std::string key = value.substr(space == std::string::npos ? 0 : space + 1);
      if (!fields.empty()) fields.back().second = value.substr(0, space);
      fields.emplace_back(key, "");
      value.clear();
    } else {
      value += text[i];
    }
  }
  if (!fields.empty()) fields.back().second = value;
  return {header, fields};
}

std::vector<std::string> read_csv(std::string_view text) {
  std::vector<std::string> columns(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted) {
      if (text[i] != '"') {
        columns.back() += text[i];
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        columns.back() += text[++i];
      } else {
        quoted = false;
      }
    } else if (text[i] == '"' && columns.back().empty()) {
      quoted = true;
    } else if (text[i] == ',') {
      columns.emplace_back();
    } else {
      columns.back() += text[i];
    }
  }
  EXPECT_FALSE(quoted);
  return columns;
}

// Renders, and holds the message to what is true of every format.
std::string one_message(const Template& message, const Case& hostile) {
  const Plan plan(hostile.scenario, 1);
  Renderer renderer(message, plan, sample_time());
  EXPECT_TRUE(renderer.padding_fits());
  std::string text = renderer.render(hostile.event);
  EXPECT_EQ(what_is_wrong(message, text), "") << text;
  EXPECT_LE(text.size(), renderer.length_max());
  EXPECT_EQ(text.find_first_of(std::string_view("\r\n\0", 3)), std::string::npos);
  std::string room = text + std::string(kFrameOverheadMax, '#');
  char* const end = frame(Framing::kOctetLf, room.data(), room.data() + text.size());
  EXPECT_EQ(std::string(room.data(), end), fmt::format("{} {}\n", text.size() + 1, text));
  return text;
}

std::string take(std::string& text, std::size_t bytes) {
  std::string front = text.substr(0, bytes);
  text.erase(0, bytes);
  return front;
}

class HostileValues : public testing::TestWithParam<std::uint64_t> {
 protected:
  template <typename Check>
  void many(const Template& message, Check check, int cases = 400) {
    std::mt19937_64 random(GetParam());
    for (int i = 0; i < cases && !HasFailure(); ++i) {
      SCOPED_TRACE(fmt::format("seed {}, case {}", GetParam(), i));
      const Case hostile = hostile_case(random);
      check(one_message(message, hostile), hostile.values);
    }
  }
};

constexpr std::size_t kHeadBytes =
    std::string_view("<134>Sep 28 2016 17:38:48 172.16.183.173 ").size();

TEST_P(HostileValues, OfLeefStayInTheirFields) {
  for (const bool second : {false, true}) {
    const Template message =
        shipped_template(second ? "traps-leef2-heartbeat" : "traps-leef-heartbeat");
    const char delimiter = second ? '^' : '\t';
    many(message, [&](std::string text, const Values& values) {
      EXPECT_TRUE(take(text, kHeadBytes).ends_with(" 172.16.183.173 "));
      const auto [header, fields] = read_leef(text, second ? 6 : 5, delimiter);
      std::vector<std::string> expected{second ? "LEEF:2.0" : "LEEF:1.0", "Palo Alto Networks",
                                        "Traps Agent", blanked(values.version, "|"), "Heartbeat"};
      if (second) expected.emplace_back("^");
      EXPECT_EQ(header, expected);
      ASSERT_EQ(fields.size(), 8U) << text;
      const std::string_view also(&delimiter, 1);
      EXPECT_EQ(fields[4], std::pair(std::string("dhost"), blanked(values.host, also)));
      EXPECT_EQ(fields[5], std::pair(std::string("duser"), blanked(values.user, also)));
      EXPECT_EQ(fields[6], std::pair(std::string("dst"), values.address));
      EXPECT_EQ(fields[7], std::pair(std::string("msg"), std::string("Service is alive")));
    });
  }
}

TEST_P(HostileValues, OfCefComeBackWhole) {
  many(shipped_template("traps-cef-heartbeat"), [](std::string text, const Values& values) {
    EXPECT_TRUE(take(text, kHeadBytes).ends_with(" 172.16.183.173 "));
    const auto [header, fields] = read_cef(text);
    EXPECT_EQ(header,
              (std::vector<std::string>{"CEF:0", "Palo Alto Networks", "Traps Agent",
                                        blanked(values.version), "Heartbeat", "Agent", "3"}));
    // Line ends are kept, as CEF writes them; other controls are not.
    const auto kept = [](std::string value) {
      std::replace_if(
          value.begin(), value.end(),
          [](char c) { return is_control(c) && c != '\n' && c != '\r'; }, ' ');
      return value;
    };
    ASSERT_EQ(fields.size(), 5U) << text;
    EXPECT_EQ(fields[1], std::pair(std::string("dhost"), kept(values.host)));
    EXPECT_EQ(fields[2], std::pair(std::string("duser"), kept(values.user)));
    EXPECT_EQ(fields[3], std::pair(std::string("dst"), values.address));
    EXPECT_EQ(fields[4], std::pair(std::string("msg"), std::string("Service is alive")));
  });
}

TEST_P(HostileValues, OfCsvStayInTheirColumns) {
  many(shipped_template("traps-csv-heartbeat"), [](std::string text, const Values& values) {
    take(text,
         std::string_view("<134>1 2016-09-28T17:38:48.00Z+00:00 172.16.183.173 - - - ").size());
    const std::vector<std::string> columns = read_csv(text);
    ASSERT_EQ(columns.size(), 16U) << text;
    EXPECT_EQ(columns[2], blanked(values.version));
    EXPECT_EQ(columns[5], blanked(values.host));
    EXPECT_EQ(columns[6], blanked(values.user));
    EXPECT_EQ(columns[13], values.address);
  });
}

TEST_P(HostileValues, OfTheHeadAreOneWord) {
  const Template message = template_of(
      "format: text\nhead: rfc5424\napp-name: traps\n"
      "text: \"[{session.user}] [{session.name}] [{session.domain}] [{esm.name}]\"\n");
  many(message, [](const std::string& text, const Values& values) {
    EXPECT_TRUE(std::none_of(text.begin(), text.end(), is_control)) << text;
    const std::vector<std::string> words = split(text, ' ');
    ASSERT_GE(words.size(), 8U) << text;
    EXPECT_EQ(words[0], "<134>1");
    EXPECT_EQ(words[1].size(), std::string_view("2016-09-28T17:38:48.000Z").size());
    EXPECT_TRUE(words[2].size() >= 1 && words[2].size() <= 255);
    EXPECT_TRUE(std::all_of(words[2].begin(), words[2].end(), [](char c) {
      return c > ' ' && c < 0x7F;
    })) << words[2];
    EXPECT_EQ(words[3], "traps");
    EXPECT_EQ(words[4] + words[5] + words[6], "---");
    EXPECT_TRUE(words[7].starts_with("[")) << text;
    EXPECT_TRUE(text.ends_with(" [" + blanked(values.esm_name) + "]")) << text;
  });
}

// All that the language has, in each format and with each head: forms, letters, stand-ins, optional
// parts, fields and columns, padding.
TEST_P(HostileValues, InEveryFormStayInOneValidMessage) {
  const std::string header =
      "header: { vendor: V, product: '{esm.name}{? {endpoint.os}}', version: '{endpoint.version}', "
      "event: '{session.user}'";
  const std::string fields =
      "fields:\n"
      "  - time: '{event.time:EEEE d. MMMM yyyy, H:mm:ss.SSS XXX}'\n"
      "  - a: '{session.user:DOMAIN\\user,lower}={endpoint.host:upper}'\n"
      "  - b?: '{session.user:user@domain,upper}'\n"
      "  - c?: 'x{? of {session.domain:lower}} {session.name} {endpoint.os}'\n"
      "  - d: '{session.domain|-}{? ({endpoint.os}, {session.user|none})}'\n"
      "  - e: '{event.hash} {event.uuid} {event.ordinal} {esm.version} {esm.address}'\n";
  const std::string columns =
      "fields: [ '{session.user:user@domain,upper}', '{? of {session.domain:lower}}', "
      "'a{session.name|, }', '{session.domain}', '{endpoint.os|\"}', '{? {endpoint.os}, "
      "{session.name}}', '{event.time:yyyy, MMM}', '{endpoint.host:lower}', '' ]\n";
  for (const char* more : {"", "pad-to: 9000\n"}) {
    const std::string end(more);
    for (const std::string& yaml :
         {"format: leef1\n" + header + " }\n" + fields + end,
          "format: leef1\nhead: rfc3164\nescape: doubled-backslash\n" + header + " }\n" + fields +
              end,
          "format: leef2\ndelimiter: x07\nhead: none\n" + header + " }\n" + fields + end,
          "format: leef2\ndelimiter: '^'\nhead: rfc5424\nescape: doubled-backslash\n" + header +
              " }\n" + fields + end,
          "format: cef\nhead: esm-5424\n" + header + ", name: '{session.name}', severity: 10 }\n" +
              fields + end,
          "format: csv\nhead: rfc5424\napp-name: a\nmessage-id: m\n" + columns + end,
          "format: csv\n" + columns + end}) {
      many(
          template_of(yaml), [](const std::string&, const Values&) {}, 100);
    }
  }
}

// A text has no fields of its own; here it writes what somebody else's reader can take apart.
TEST_P(HostileValues, ComeBackFromTextsByTheEscapeThatIsChosen) {
  const std::string start = "format: text\nhead: none\nescape: ";
  const auto of_text = [&](const std::string& escape, const std::string& text) {
    return template_of(start + escape + "\ntext: '" + text + "'\n");
  };
  const auto line_ends_kept = [](std::string value) {
    std::replace_if(
        value.begin(), value.end(), [](char c) { return is_control(c) && c != '\n' && c != '\r'; },
        ' ');
    return value;
  };
  many(of_text("raw", "for {session.user}"), [](const std::string& text, const Values& values) {
    EXPECT_EQ(text, "for " + blanked(values.user));
  });
  many(of_text("csv", "\"{session.user}\",\"{session.domain}\",\"{endpoint.host}\""),
       [](const std::string& text, const Values& values) {
         EXPECT_EQ(read_csv(text),
                   (std::vector<std::string>{blanked(values.user), blanked(values.domain),
                                             blanked(values.host)}));
       });
  many(of_text("cef-value", "CEF:0|V|P|1|E|N|3|u={session.user} h={endpoint.host}"),
       [&](const std::string& text, const Values& values) {
         EXPECT_EQ(read_cef(text).second, (Fields{{"u", line_ends_kept(values.user)},
                                                  {"h", line_ends_kept(values.host)}}));
       });
  many(of_text("cef-header", "CEF:0|{session.user}|{endpoint.host}|1|E|N|3|a=b"),
       [](const std::string& text, const Values& values) {
         const std::vector<std::string> header = read_cef(text).first;
         ASSERT_EQ(header.size(), 7U) << text;
         EXPECT_EQ(header[1], blanked(values.user));
         EXPECT_EQ(header[2], blanked(values.host));
       });
  many(of_text("doubled-backslash", "for {session.user}"),
       [](std::string text, const Values& values) {
         for (std::size_t at = 0; (at = text.find('\\', at)) != std::string::npos; ++at) {
           ASSERT_EQ(text.substr(at, 2), "\\\\");
           text.erase(at, 1);
         }
         EXPECT_EQ(text, "for " + blanked(values.user));
       });
  many(of_text("rfc5424-param", "[id@32473 u=\"{session.user}\" h=\"{endpoint.host}\"]"),
       [](const std::string& text, const Values& values) {
         // PARAM-VALUE up to the quote that nothing escapes.
         std::vector<std::string> found;
         std::string_view rest(text);
         for (const std::string_view before : {"[id@32473 u=\"", "\" h=\""}) {
           ASSERT_TRUE(rest.starts_with(before)) << rest;
           rest.remove_prefix(before.size());
           std::string& value = found.emplace_back();
           for (; !rest.empty() && rest.front() != '"'; rest.remove_prefix(1)) {
             ASSERT_NE(rest.front(), ']') << text;
             if (rest.front() == '\\') rest.remove_prefix(1);
             value += rest.front();
           }
         }
         EXPECT_EQ(rest, "\"]");
         EXPECT_EQ(found, (std::vector<std::string>{blanked(values.user), blanked(values.host)}));
       });
}

INSTANTIATE_TEST_SUITE_P(Seeds, HostileValues, testing::Range<std::uint64_t>(1, 6));

}  // namespace
}  // namespace esm::test
