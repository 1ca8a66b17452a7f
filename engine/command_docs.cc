#include "engine/command_docs.h"

#include <bit>
#include <functional>
#include <string>

#include "engine/command_keys.h"
#include "engine/command_metadata.h"
#include "engine/config_syntax.h"
#include "engine/glob.h"

namespace engine {
namespace {

using resp::ReplyWriter;

struct FlagName {
  uint32_t flag;
  std::string_view name;
};

constexpr FlagName kCommandFlags[] = {
    {command_flag::kWrite, "write"},
    {command_flag::kReadOnly, "readonly"},
    {command_flag::kDenyOom, "denyoom"},
    {command_flag::kAdmin, "admin"},
    {command_flag::kPubSub, "pubsub"},
    {command_flag::kNoScript, "noscript"},
    {command_flag::kBlocking, "blocking"},
    {command_flag::kLoading, "loading"},
    {command_flag::kStale, "stale"},
    {command_flag::kSkipMonitor, "skip_monitor"},
    {command_flag::kSkipSlowlog, "skip_slowlog"},
    {command_flag::kAsking, "asking"},
    {command_flag::kFast, "fast"},
    {command_flag::kNoAuth, "no_auth"},
    {command_flag::kNoMandatoryKeys, "no_mandatory_keys"},
    {command_flag::kNoAsyncLoading, "no_async_loading"},
    {command_flag::kNoMulti, "no_multi"},
    {command_flag::kMovableKeys, "movablekeys"},
    {command_flag::kAllowBusy, "allow_busy"},
};

constexpr FlagName kKeyFlags[] = {
    {key_flag::kRo, "RO"},
    {key_flag::kRw, "RW"},
    {key_flag::kOw, "OW"},
    {key_flag::kRm, "RM"},
    {key_flag::kAccess, "access"},
    {key_flag::kUpdate, "update"},
    {key_flag::kInsert, "insert"},
    {key_flag::kDelete, "delete"},
    {key_flag::kNotKey, "not_key"},
    {key_flag::kIncomplete, "incomplete"},
    {key_flag::kVariable, "variable_flags"},
};

constexpr FlagName kArgumentFlags[] = {
    {argument_flag::kOptional, "optional"},
    {argument_flag::kMultiple, "multiple"},
    {argument_flag::kMultipleToken, "multiple_token"},
};

void reply_flags(std::span<const FlagName> names, uint32_t flags, ReplyWriter& reply) {
  uint64_t count = 0;
  for (const FlagName& name : names) count += (flags & name.flag) != 0 ? 1 : 0;
  reply.set(count);
  for (const FlagName& name : names)
    if ((flags & name.flag) != 0) reply.simple_string(name.name);
}

void reply_categories(uint32_t categories, ReplyWriter& reply) {
  reply.set(static_cast<uint64_t>(std::popcount(categories)));
  const auto names = acl_category_names();
  for (size_t bit = 0; bit < names.size(); ++bit)
    if ((categories >> bit & 1) != 0) reply.simple_string("@" + std::string(names[bit]));
}

void reply_tips(std::string_view tips, ReplyWriter& reply) {
  std::vector<std::string_view> words;
  while (!tips.empty()) {
    const size_t end = std::min(tips.find(' '), tips.size());
    words.push_back(tips.substr(0, end));
    tips.remove_prefix(std::min(end + 1, tips.size()));
  }
  reply.set(words.size());
  for (const std::string_view word : words) reply.bulk(word);
}

// --- Key specs ---

void reply_spec_field(std::string_view name, int64_t value, ReplyWriter& reply) {
  reply.bulk(name);
  reply.integer(value);
}

void reply_spec_type(std::string_view type, uint64_t fields, ReplyWriter& reply) {
  reply.map(2);
  reply.bulk("type");
  reply.bulk(type);
  reply.bulk("spec");
  reply.map(fields);
}

void reply_begin_search(const KeySpec& spec, ReplyWriter& reply) {
  switch (spec.begin) {
    case KeySpec::Begin::kIndex:
      reply_spec_type("index", 1, reply);
      return reply_spec_field("index", spec.index, reply);
    case KeySpec::Begin::kKeyword:
      reply_spec_type("keyword", 2, reply);
      reply.bulk("keyword");
      reply.bulk(spec.keyword);
      return reply_spec_field("startfrom", spec.index, reply);
    case KeySpec::Begin::kUnknown:
      return reply_spec_type("unknown", 0, reply);
  }
}

void reply_find_keys(const KeySpec& spec, ReplyWriter& reply) {
  switch (spec.find) {
    case KeySpec::Find::kRange:
      reply_spec_type("range", 3, reply);
      reply_spec_field("lastkey", spec.find_a, reply);
      reply_spec_field("keystep", spec.find_b, reply);
      return reply_spec_field("limit", spec.find_c, reply);
    case KeySpec::Find::kKeyNumber:
      reply_spec_type("keynum", 3, reply);
      reply_spec_field("keynumidx", spec.find_a, reply);
      reply_spec_field("firstkey", spec.find_b, reply);
      return reply_spec_field("keystep", spec.find_c, reply);
    case KeySpec::Find::kUnknown:
      return reply_spec_type("unknown", 0, reply);
  }
}

void reply_key_specs(std::span<const KeySpec> specs, ReplyWriter& reply) {
  reply.set(specs.size());
  for (const KeySpec& spec : specs) {
    reply.map(spec.notes.empty() ? 3 : 4);
    if (!spec.notes.empty()) {
      reply.bulk("notes");
      reply.bulk(spec.notes);
    }
    reply.bulk("flags");
    reply_flags(kKeyFlags, spec.flags, reply);
    reply.bulk("begin_search");
    reply_begin_search(spec, reply);
    reply.bulk("find_keys");
    reply_find_keys(spec, reply);
  }
}

// --- COMMAND INFO ---

std::vector<const Command*> listed_subcommands(const CommandIndex& index,
                                               const Command& container) {
  std::vector<const Command*> subs;
  for (const Command& sub : subcommands(container))
    if (index.lists(sub)) subs.push_back(&sub);
  return subs;
}

void reply_info(const CommandIndex& index, const Command& command, ReplyWriter& reply) {
  reply.array(10);
  reply.bulk(command.full_name);
  reply.integer(command.arity);
  reply_flags(kCommandFlags, command.flags, reply);
  reply.integer(command.first_key);
  reply.integer(command.last_key);
  reply.integer(command.key_step);
  reply_categories(command.acl_categories, reply);
  reply_tips(documentation(command).metadata->tips, reply);
  reply_key_specs(command.key_specs, reply);
  const auto subs = listed_subcommands(index, command);
  if (subs.empty()) return reply.set(0);
  reply.array(subs.size());
  for (const Command* const sub : subs) reply_info(index, *sub, reply);
}

// --- COMMAND DOCS ---

using Arguments = std::span<const CommandArgument>;

// The nested arguments of the first of `arguments`.
Arguments nested_of(Arguments arguments) {
  size_t end = 1;
  while (end < arguments.size() && arguments[end].depth > arguments[0].depth) ++end;
  return arguments.subspan(1, end - 1);
}

void reply_text_field(std::string_view name, std::string_view text, ReplyWriter& reply) {
  if (text.empty()) return;
  reply.bulk(name);
  reply.bulk(text);
}

void reply_arguments(Arguments arguments, ReplyWriter& reply);

void reply_argument(const CommandArgument& argument, Arguments nested, ReplyWriter& reply) {
  const bool has_token = !argument.token.empty() || argument.has_empty_token;
  const bool holds_others =
      argument.type == ArgumentType::kOneOf || argument.type == ArgumentType::kBlock;
  uint64_t fields = 2;
  for (const bool present : {argument.key_spec_index >= 0, has_token, !argument.since.empty(),
                             !argument.deprecated_since.empty(), argument.flags != 0, holds_others})
    fields += present ? 1 : 0;
  reply.map(fields);
  reply.bulk("name");
  reply.bulk(argument.name);
  reply.bulk("type");
  reply.bulk(argument_type_name(argument.type));
  if (argument.key_spec_index >= 0)
    reply_spec_field("key_spec_index", argument.key_spec_index, reply);
  if (has_token) {
    reply.bulk("token");
    reply.bulk(argument.token);
  }
  reply_text_field("since", argument.since, reply);
  reply_text_field("deprecated_since", argument.deprecated_since, reply);
  if (argument.flags != 0) {
    reply.bulk("flags");
    reply_flags(kArgumentFlags, argument.flags, reply);
  }
  if (!holds_others) return;
  reply.bulk("arguments");
  reply_arguments(nested, reply);
}

void reply_arguments(Arguments arguments, ReplyWriter& reply) {
  uint64_t count = 0;
  for (const CommandArgument& argument : arguments)
    count += argument.depth == arguments[0].depth ? 1 : 0;
  reply.array(count);
  while (!arguments.empty()) {
    const Arguments nested = nested_of(arguments);
    reply_argument(arguments[0], nested, reply);
    arguments = arguments.subspan(1 + nested.size());
  }
}

void reply_history(std::span<const CommandChange> history, ReplyWriter& reply) {
  reply.set(history.size());
  for (const CommandChange& change : history) {
    reply.array(2);
    reply.bulk(change.since);
    reply.bulk(change.text);
  }
}

void reply_doc_flags(bool deprecated, bool system, ReplyWriter& reply) {
  if (!deprecated && !system) return;
  reply.bulk("doc_flags");
  reply.set((deprecated ? 1u : 0u) + (system ? 1u : 0u));
  if (deprecated) reply.simple_string("deprecated");
  if (system) reply.simple_string("syscmd");
}

void reply_docs(const CommandIndex& index, const Command& command, ReplyWriter& reply) {
  const CommandDocumentation documents = documentation(command);
  const CommandMetadata& metadata = *documents.metadata;
  const auto subs = listed_subcommands(index, command);
  const bool deprecated = !metadata.deprecated_since.empty();
  const bool system = command.has(command_flag::kSystem);
  uint64_t fields = 3;
  for (const bool present : {!metadata.complexity.empty(), deprecated || system, deprecated,
                             !metadata.replaced_by.empty(), !metadata.history.empty(),
                             !metadata.arguments.empty(), !subs.empty()})
    fields += present ? 1 : 0;
  reply.map(fields);
  reply_text_field("summary", metadata.summary, reply);
  reply_text_field("since", metadata.since, reply);
  reply_text_field("group", documents.group, reply);
  reply_text_field("complexity", metadata.complexity, reply);
  reply_doc_flags(deprecated, system, reply);
  reply_text_field("deprecated_since", metadata.deprecated_since, reply);
  reply_text_field("replaced_by", metadata.replaced_by, reply);
  if (!metadata.history.empty()) {
    reply.bulk("history");
    reply_history(metadata.history, reply);
  }
  if (!metadata.arguments.empty()) {
    reply.bulk("arguments");
    reply_arguments(metadata.arguments, reply);
  }
  if (subs.empty()) return;
  reply.bulk("subcommands");
  reply.map(subs.size());
  for (const Command* const sub : subs) {
    reply.bulk(sub->full_name);
    reply_docs(index, *sub, reply);
  }
}

// --- COMMAND LIST ---

void reply_names(const CommandIndex& index, const std::function<bool(const Command&)>& wanted,
                 ReplyWriter& reply) {
  std::vector<std::string_view> names;
  for (const Command* const command : index.commands()) {
    if (wanted(*command)) names.push_back(command->full_name);
    for (const Command* const sub : listed_subcommands(index, *command))
      if (wanted(*sub)) names.push_back(sub->full_name);
  }
  reply.array(names.size());
  for (const std::string_view name : names) reply.bulk(name);
}

}  // namespace

void reply_command(const CommandIndex& index, ReplyWriter& reply) {
  const auto commands = index.commands();
  reply.array(commands.size());
  for (const Command* const command : commands) reply_info(index, *command, reply);
}

void reply_command_count(const CommandIndex& index, ReplyWriter& reply) {
  reply.integer(static_cast<int64_t>(index.commands().size()));
}

void reply_command_info(const CommandIndex& index, CommandWords words, ReplyWriter& reply) {
  if (words.size() == 2) return reply_command(index, reply);
  reply.array(words.size() - 2);
  for (const std::string_view name : words.subspan(2)) {
    const Command* const command = index.find_full_name(name);
    if (command != nullptr) {
      reply_info(index, *command, reply);
    } else {
      reply.null();
    }
  }
}

void reply_command_docs(const CommandIndex& index, CommandWords words, ReplyWriter& reply) {
  std::vector<const Command*> commands;
  if (words.size() == 2) commands = index.commands();
  for (const std::string_view name : words.subspan(2)) {
    const Command* const command = index.find_full_name(name);
    if (command != nullptr) commands.push_back(command);
  }
  reply.map(commands.size());
  for (const Command* const command : commands) {
    reply.bulk(command->full_name);
    reply_docs(index, *command, reply);
  }
}

void reply_command_list(const CommandIndex& index, CommandWords words, ReplyWriter& reply) {
  if (words.size() == 2)
    return reply_names(
        index, [](const Command&) { return true; }, reply);
  if (words.size() != 5 || !equal_nocase(words[2], "filterby")) return reply.error("syntax error");
  const std::string_view value = words[4];
  if (equal_nocase(words[3], "module"))
    return reply_names(
        index, [](const Command&) { return false; }, reply);
  if (equal_nocase(words[3], "aclcat")) {
    const uint32_t category = acl_category_by_name(value);
    return reply_names(
        index,
        [category](const Command& command) { return (command.acl_categories & category) != 0; },
        reply);
  }
  if (equal_nocase(words[3], "pattern"))
    return reply_names(
        index,
        [value](const Command& command) { return glob_match_nocase(value, command.full_name); },
        reply);
  reply.error("syntax error");
}

void reply_command_getkeys(const CommandIndex& index, CommandWords words, bool with_flags,
                           ReplyWriter& reply) {
  const CommandWords call = words.subspan(2);
  const Command* const command = index.resolve(call);
  if (command == nullptr) return reply.error("Invalid command specified");
  if (!may_have_keys(*command)) return reply.error("The command has no key arguments");
  if (!command->arity_fits(call.size()))
    return reply.error("Invalid number of arguments specified for command");
  KeyList keys;
  if (!find_keys(*command, call, &keys)) {
    if (command->has(command_flag::kNoMandatoryKeys)) return reply.array(0);
    return reply.error("Invalid arguments specified for command");
  }
  reply.array(keys.size());
  for (const KeyRef& key : keys.refs()) {
    if (with_flags) reply.array(2);
    reply.bulk(call[key.position]);
    if (with_flags) reply_flags(kKeyFlags, key.flags, reply);
  }
}

void reply_command_help(ReplyWriter& reply) {
  constexpr std::string_view kLines[] = {
      "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
      "(no subcommand)",
      "    Return details about all Redis commands.",
      "COUNT",
      "    Return the total number of commands in this Redis server.",
      "LIST",
      "    Return a list of all commands in this Redis server.",
      "INFO [<command-name> ...]",
      "    Return details about multiple Redis commands.",
      "    If no command names are given, documentation details for all",
      "    commands are returned.",
      "DOCS [<command-name> ...]",
      "    Return documentation details about multiple Redis commands.",
      "    If no command names are given, documentation details for all",
      "    commands are returned.",
      "GETKEYS <full-command>",
      "    Return the keys from a full Redis command.",
      "GETKEYSANDFLAGS <full-command>",
      "    Return the keys and the access flags from a full Redis command.",
      "HELP",
      "    Prints this help.",
  };
  reply.array(std::size(kLines));
  for (const std::string_view line : kLines) reply.simple_string(line);
}

}  // namespace engine
