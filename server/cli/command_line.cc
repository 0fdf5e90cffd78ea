#include "server/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

namespace roentgen::server {
namespace {

constexpr char kOfEvery[] = "Flags of every command";
constexpr Flag kCommonFlags[] = {
    {"json", nullptr, "print JSON for programs"},
    {"address", "HOST:PORT",
     "the server's gRPC address, or unix:/PATH (ROENTGEN_ADDRESS, "
     "127.0.0.1:4317)"},
    {"timeout", "TIME", "give up after this long (30s)"},
    {"key", "ID:SECRET", "an access key of the server (ROENTGEN_KEY)"},
    {"tls", nullptr, "speak TLS, and trust the machine's authorities"},
    {"ca", "FILE", "speak TLS, and trust these authorities (ROENTGEN_CA)"},
    {"cert", "FILE", "show this certificate to the server (ROENTGEN_CERT)"},
    {"cert-key", "FILE", "its private key (ROENTGEN_CERT_KEY)"},
    {"server-name", "NAME", "what the server's certificate must be for"},
};

void Add(const Flag& flag, const char* group, CLI::App& command) {
  const std::string name = "--" + std::string(flag.name);
  CLI::Option* option = nullptr;
  if (flag.value == nullptr) {
    option = command.add_flag(name)->disable_flag_override();
  } else {
    option = command.add_option(name)->type_name(flag.value);
    option->multi_option_policy(flag.is_list
                                    ? CLI::MultiOptionPolicy::Join
                                    : CLI::MultiOptionPolicy::TakeLast);
  }
  option->description(flag.help)->group(group);
}

// CLI11 does not know of the words: it would take "[a]" for a list, and "--" in
// a command for the command's end.
class Help : public CLI::Formatter {
 public:
  explicit Help(const char* words) : words_(words) {}
  std::string make_usage(const CLI::App*, std::string name) const override {
    return "Usage: " + name + (words_.empty() ? "" : " ") + words_ + '\n';
  }

 private:
  const std::string words_;
};

bool IsCommon(const Flag& flag) {
  return std::any_of(std::begin(kCommonFlags), std::end(kCommonFlags),
                     [&](const Flag& common) {
                       return std::string_view(common.name) == flag.name;
                     });
}

void Add(const Command& from, CLI::App& app) {
  CLI::App* command = app.add_subcommand(from.name, from.help);
  command->allow_extras()->formatter(std::make_shared<Help>(from.words));
  command->footer("");
  for (const Flag& flag : from.flags) {
    if (!IsCommon(flag)) Add(flag, "Flags", *command);
  }
  for (const Flag& flag : kCommonFlags) {
    const auto own = std::find_if(
        from.flags.begin(), from.flags.end(),
        [&](const Flag& f) { return std::string_view(f.name) == flag.name; });
    // A command may say it in other words.
    Add(own == from.flags.end() ? flag : *own, kOfEvery, *command);
  }
  command->set_help_flag("-h,--help", "print this")->group(kOfEvery);
}

// Up to the "--" that ends the flags, from the last word to the first, as CLI11
// takes them. It would take the word behind "--flag=" for the flag's value.
std::vector<std::string> Backwards(std::span<const std::string> line) {
  std::vector<std::string> out;
  for (auto word = line.rbegin(); word != line.rend(); ++word) {
    const bool empty = word->starts_with("--") && word->size() > 3 &&
                       word->find('=') == word->size() - 1;
    if (empty) out.emplace_back();
    out.push_back(empty ? word->substr(0, word->size() - 1) : *word);
  }
  return out;
}

std::map<std::string, std::string, std::less<>> FlagsOf(
    const CLI::App& command) {
  std::map<std::string, std::string, std::less<>> flags;
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() == 0) continue;
    std::string& value = flags[option->get_lnames().front()];
    if (option->get_items_expected_max() == 0) continue;
    const std::vector<std::string>& given = option->results();
    value = given.back();
    if (option->get_multi_option_policy() != CLI::MultiOptionPolicy::Join) {
      continue;
    }
    for (size_t i = given.size() - 1; i > 0; --i) {
      value.insert(0, given[i - 1] + ',');
    }
  }
  return flags;
}

Explanation Wrong(const CLI::App& app, const std::string& what) {
  std::string text = "roentgen: " + what + '\n';
  const auto commands = app.get_subcommands();
  if (commands.empty()) return {.text = text + app.help()};
  return {.text = text + "roentgen " + commands.front()->get_name() +
                  " --help says what it takes\n"};
}

}  // namespace

std::variant<CommandLine, Explanation> ReadCommandLine(
    std::span<const Command> commands, const std::vector<std::string>& line) {
  CLI::App app("A trace server's client.", "roentgen");
  app.require_subcommand(1);
  app.footer(
      "roentgen serve runs the server; roentgen serve --help lists its "
      "settings.");
  for (const Command& command : commands) Add(command, app);
  const auto flags_end = std::find(line.begin(), line.end(), "--");
  try {
    app.parse(Backwards({line.begin(), flags_end}));
  } catch (const CLI::CallForHelp&) {
    return Explanation{.asked = true, .text = app.help()};
  } catch (const CLI::ParseError& error) {
    return Wrong(app, error.what());
  }
  const CLI::App& command = *app.get_subcommands().front();
  const auto named = std::find_if(
      commands.begin(), commands.end(),
      [&](const Command& c) { return c.name == command.get_name(); });
  std::vector<std::string> words = command.remaining();
  for (const std::string& word : words) {
    if (word.starts_with('-') && word.size() > 1) {
      return Wrong(app, word + ": unknown flag");
    }
  }
  if (flags_end != line.end()) {
    words.insert(words.end(), flags_end + 1, line.end());
  }
  return CommandLine{&*named, Arguments(FlagsOf(command), std::move(words))};
}

}  // namespace roentgen::server
