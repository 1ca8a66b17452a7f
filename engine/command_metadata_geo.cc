// COMMAND DOCS: geo. Facts of Redis 7.0.15.

#include "engine/command_metadata_tables.h"

namespace engine {
namespace {

using namespace argument_flag;
using enum ArgumentType;

constexpr CommandChange kGeoaddHistory[] = {
    {"6.2.0", "Added the `CH`, `NX` and `XX` options."},
};
constexpr CommandArgument kGeoaddArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "condition", .type = kOneOf, .flags = kOptional, .since = "6.2.0"},
    {.depth = 1, .name = "nx", .type = kPureToken, .token = "NX"},
    {.depth = 1, .name = "xx", .type = kPureToken, .token = "XX"},
    {.name = "change", .type = kPureToken, .flags = kOptional, .token = "CH", .since = "6.2.0"},
    {.name = "longitude_latitude_member", .type = kBlock, .flags = kMultiple},
    {.depth = 1, .name = "longitude", .type = kDouble},
    {.depth = 1, .name = "latitude", .type = kDouble},
    {.depth = 1, .name = "member"},
};
constexpr CommandArgument kGeodistArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member1"},
    {.name = "member2"},
    {.name = "unit", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "m", .type = kPureToken, .token = "M"},
    {.depth = 1, .name = "km", .type = kPureToken, .token = "KM"},
    {.depth = 1, .name = "ft", .type = kPureToken, .token = "FT"},
    {.depth = 1, .name = "mi", .type = kPureToken, .token = "MI"},
};
constexpr CommandArgument kGeohashArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member", .flags = kMultiple},
};
constexpr CommandArgument kGeoposArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member", .flags = kMultiple},
};
constexpr CommandChange kGeoradiusHistory[] = {
    {"6.2.0", "Added the `ANY` option for `COUNT`."},
    {"7.0.0", "Added support for uppercase unit names."},
};
constexpr CommandArgument kGeoradiusArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "longitude", .type = kDouble},
    {.name = "latitude", .type = kDouble},
    {.name = "radius", .type = kDouble},
    {.name = "unit", .type = kOneOf},
    {.depth = 1, .name = "m", .type = kPureToken, .token = "M"},
    {.depth = 1, .name = "km", .type = kPureToken, .token = "KM"},
    {.depth = 1, .name = "ft", .type = kPureToken, .token = "FT"},
    {.depth = 1, .name = "mi", .type = kPureToken, .token = "MI"},
    {.name = "withcoord", .type = kPureToken, .flags = kOptional, .token = "WITHCOORD"},
    {.name = "withdist", .type = kPureToken, .flags = kOptional, .token = "WITHDIST"},
    {.name = "withhash", .type = kPureToken, .flags = kOptional, .token = "WITHHASH"},
    {.name = "count", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "count", .type = kInteger, .token = "COUNT"},
    {.depth = 1,
     .name = "any",
     .type = kPureToken,
     .flags = kOptional,
     .token = "ANY",
     .since = "6.2.0"},
    {.name = "order", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "asc", .type = kPureToken, .token = "ASC"},
    {.depth = 1, .name = "desc", .type = kPureToken, .token = "DESC"},
    {.name = "key", .type = kKey, .flags = kOptional, .key_spec_index = 1, .token = "STORE"},
    {.name = "key", .type = kKey, .flags = kOptional, .key_spec_index = 2, .token = "STOREDIST"},
};
constexpr CommandChange kGeoradiusRoHistory[] = {
    {"6.2.0", "Added the `ANY` option for `COUNT`."},
};
constexpr CommandArgument kGeoradiusRoArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "longitude", .type = kDouble},
    {.name = "latitude", .type = kDouble},
    {.name = "radius", .type = kDouble},
    {.name = "unit", .type = kOneOf},
    {.depth = 1, .name = "m", .type = kPureToken, .token = "M"},
    {.depth = 1, .name = "km", .type = kPureToken, .token = "KM"},
    {.depth = 1, .name = "ft", .type = kPureToken, .token = "FT"},
    {.depth = 1, .name = "mi", .type = kPureToken, .token = "MI"},
    {.name = "withcoord", .type = kPureToken, .flags = kOptional, .token = "WITHCOORD"},
    {.name = "withdist", .type = kPureToken, .flags = kOptional, .token = "WITHDIST"},
    {.name = "withhash", .type = kPureToken, .flags = kOptional, .token = "WITHHASH"},
    {.name = "count", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "count", .type = kInteger, .token = "COUNT"},
    {.depth = 1,
     .name = "any",
     .type = kPureToken,
     .flags = kOptional,
     .token = "ANY",
     .since = "6.2.0"},
    {.name = "order", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "asc", .type = kPureToken, .token = "ASC"},
    {.depth = 1, .name = "desc", .type = kPureToken, .token = "DESC"},
};
constexpr CommandChange kGeoradiusbymemberHistory[] = {
    {"7.0.0", "Added support for uppercase unit names."},
};
constexpr CommandArgument kGeoradiusbymemberArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member"},
    {.name = "radius", .type = kDouble},
    {.name = "unit", .type = kOneOf},
    {.depth = 1, .name = "m", .type = kPureToken, .token = "M"},
    {.depth = 1, .name = "km", .type = kPureToken, .token = "KM"},
    {.depth = 1, .name = "ft", .type = kPureToken, .token = "FT"},
    {.depth = 1, .name = "mi", .type = kPureToken, .token = "MI"},
    {.name = "withcoord", .type = kPureToken, .flags = kOptional, .token = "WITHCOORD"},
    {.name = "withdist", .type = kPureToken, .flags = kOptional, .token = "WITHDIST"},
    {.name = "withhash", .type = kPureToken, .flags = kOptional, .token = "WITHHASH"},
    {.name = "count", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "count", .type = kInteger, .token = "COUNT"},
    {.depth = 1, .name = "any", .type = kPureToken, .flags = kOptional, .token = "ANY"},
    {.name = "order", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "asc", .type = kPureToken, .token = "ASC"},
    {.depth = 1, .name = "desc", .type = kPureToken, .token = "DESC"},
    {.name = "key", .type = kKey, .flags = kOptional, .key_spec_index = 1, .token = "STORE"},
    {.name = "key", .type = kKey, .flags = kOptional, .key_spec_index = 2, .token = "STOREDIST"},
};
constexpr CommandArgument kGeoradiusbymemberRoArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "member"},
    {.name = "radius", .type = kDouble},
    {.name = "unit", .type = kOneOf},
    {.depth = 1, .name = "m", .type = kPureToken, .token = "M"},
    {.depth = 1, .name = "km", .type = kPureToken, .token = "KM"},
    {.depth = 1, .name = "ft", .type = kPureToken, .token = "FT"},
    {.depth = 1, .name = "mi", .type = kPureToken, .token = "MI"},
    {.name = "withcoord", .type = kPureToken, .flags = kOptional, .token = "WITHCOORD"},
    {.name = "withdist", .type = kPureToken, .flags = kOptional, .token = "WITHDIST"},
    {.name = "withhash", .type = kPureToken, .flags = kOptional, .token = "WITHHASH"},
    {.name = "count", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "count", .type = kInteger, .token = "COUNT"},
    {.depth = 1, .name = "any", .type = kPureToken, .flags = kOptional, .token = "ANY"},
    {.name = "order", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "asc", .type = kPureToken, .token = "ASC"},
    {.depth = 1, .name = "desc", .type = kPureToken, .token = "DESC"},
};
constexpr CommandChange kGeosearchHistory[] = {
    {"7.0.0", "Added support for uppercase unit names."},
};
constexpr CommandArgument kGeosearchArguments[] = {
    {.name = "key", .type = kKey, .key_spec_index = 0},
    {.name = "from", .type = kOneOf},
    {.depth = 1, .name = "member", .token = "FROMMEMBER"},
    {.depth = 1, .name = "longitude_latitude", .type = kBlock, .token = "FROMLONLAT"},
    {.depth = 2, .name = "longitude", .type = kDouble},
    {.depth = 2, .name = "latitude", .type = kDouble},
    {.name = "by", .type = kOneOf},
    {.depth = 1, .name = "circle", .type = kBlock},
    {.depth = 2, .name = "radius", .type = kDouble, .token = "BYRADIUS"},
    {.depth = 2, .name = "unit", .type = kOneOf},
    {.depth = 3, .name = "m", .type = kPureToken, .token = "M"},
    {.depth = 3, .name = "km", .type = kPureToken, .token = "KM"},
    {.depth = 3, .name = "ft", .type = kPureToken, .token = "FT"},
    {.depth = 3, .name = "mi", .type = kPureToken, .token = "MI"},
    {.depth = 1, .name = "box", .type = kBlock},
    {.depth = 2, .name = "width", .type = kDouble, .token = "BYBOX"},
    {.depth = 2, .name = "height", .type = kDouble},
    {.depth = 2, .name = "unit", .type = kOneOf},
    {.depth = 3, .name = "m", .type = kPureToken, .token = "M"},
    {.depth = 3, .name = "km", .type = kPureToken, .token = "KM"},
    {.depth = 3, .name = "ft", .type = kPureToken, .token = "FT"},
    {.depth = 3, .name = "mi", .type = kPureToken, .token = "MI"},
    {.name = "order", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "asc", .type = kPureToken, .token = "ASC"},
    {.depth = 1, .name = "desc", .type = kPureToken, .token = "DESC"},
    {.name = "count", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "count", .type = kInteger, .token = "COUNT"},
    {.depth = 1, .name = "any", .type = kPureToken, .flags = kOptional, .token = "ANY"},
    {.name = "withcoord", .type = kPureToken, .flags = kOptional, .token = "WITHCOORD"},
    {.name = "withdist", .type = kPureToken, .flags = kOptional, .token = "WITHDIST"},
    {.name = "withhash", .type = kPureToken, .flags = kOptional, .token = "WITHHASH"},
};
constexpr CommandChange kGeosearchstoreHistory[] = {
    {"7.0.0", "Added support for uppercase unit names."},
};
constexpr CommandArgument kGeosearchstoreArguments[] = {
    {.name = "destination", .type = kKey, .key_spec_index = 0},
    {.name = "source", .type = kKey, .key_spec_index = 1},
    {.name = "from", .type = kOneOf},
    {.depth = 1, .name = "member", .token = "FROMMEMBER"},
    {.depth = 1, .name = "longitude_latitude", .type = kBlock, .token = "FROMLONLAT"},
    {.depth = 2, .name = "longitude", .type = kDouble},
    {.depth = 2, .name = "latitude", .type = kDouble},
    {.name = "by", .type = kOneOf},
    {.depth = 1, .name = "circle", .type = kBlock},
    {.depth = 2, .name = "radius", .type = kDouble, .token = "BYRADIUS"},
    {.depth = 2, .name = "unit", .type = kOneOf},
    {.depth = 3, .name = "m", .type = kPureToken, .token = "M"},
    {.depth = 3, .name = "km", .type = kPureToken, .token = "KM"},
    {.depth = 3, .name = "ft", .type = kPureToken, .token = "FT"},
    {.depth = 3, .name = "mi", .type = kPureToken, .token = "MI"},
    {.depth = 1, .name = "box", .type = kBlock},
    {.depth = 2, .name = "width", .type = kDouble, .token = "BYBOX"},
    {.depth = 2, .name = "height", .type = kDouble},
    {.depth = 2, .name = "unit", .type = kOneOf},
    {.depth = 3, .name = "m", .type = kPureToken, .token = "M"},
    {.depth = 3, .name = "km", .type = kPureToken, .token = "KM"},
    {.depth = 3, .name = "ft", .type = kPureToken, .token = "FT"},
    {.depth = 3, .name = "mi", .type = kPureToken, .token = "MI"},
    {.name = "order", .type = kOneOf, .flags = kOptional},
    {.depth = 1, .name = "asc", .type = kPureToken, .token = "ASC"},
    {.depth = 1, .name = "desc", .type = kPureToken, .token = "DESC"},
    {.name = "count", .type = kBlock, .flags = kOptional},
    {.depth = 1, .name = "count", .type = kInteger, .token = "COUNT"},
    {.depth = 1, .name = "any", .type = kPureToken, .flags = kOptional, .token = "ANY"},
    {.name = "storedist", .type = kPureToken, .flags = kOptional, .token = "STOREDIST"},
};

constexpr CommandMetadata kCommands[] = {
    {.full_name = "geoadd",
     .summary =
         "Add one or more geospatial items in the geospatial index represented using a sorted set",
     .since = "3.2.0",
     .complexity =
         "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
     .history = kGeoaddHistory,
     .arguments = kGeoaddArguments},
    {.full_name = "geodist",
     .summary = "Returns the distance between two members of a geospatial index",
     .since = "3.2.0",
     .complexity = "O(log(N))",
     .arguments = kGeodistArguments},
    {.full_name = "geohash",
     .summary = "Returns members of a geospatial index as standard geohash strings",
     .since = "3.2.0",
     .complexity = "O(log(N)) for each member requested, where N is the number of elements in the "
                   "sorted set.",
     .arguments = kGeohashArguments},
    {.full_name = "geopos",
     .summary = "Returns longitude and latitude of members of a geospatial index",
     .since = "3.2.0",
     .complexity = "O(N) where N is the number of members requested.",
     .arguments = kGeoposArguments},
    {.full_name = "georadius",
     .summary = "Query a sorted set representing a geospatial index to fetch members matching a "
                "given maximum distance from a point",
     .since = "3.2.0",
     .complexity =
         "O(N+log(M)) where N is the number of elements inside the bounding box of the circular "
         "area delimited by center and radius and M is the number of items inside the index.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
     .history = kGeoradiusHistory,
     .arguments = kGeoradiusArguments},
    {.full_name = "georadius_ro",
     .summary = "A read-only variant for GEORADIUS",
     .since = "3.2.10",
     .complexity =
         "O(N+log(M)) where N is the number of elements inside the bounding box of the circular "
         "area delimited by center and radius and M is the number of items inside the index.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument",
     .history = kGeoradiusRoHistory,
     .arguments = kGeoradiusRoArguments},
    {.full_name = "georadiusbymember",
     .summary = "Query a sorted set representing a geospatial index to fetch members matching a "
                "given maximum distance from a member",
     .since = "3.2.0",
     .complexity =
         "O(N+log(M)) where N is the number of elements inside the bounding box of the circular "
         "area delimited by center and radius and M is the number of items inside the index.",
     .deprecated_since = "6.2.0",
     .replaced_by =
         "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
     .history = kGeoradiusbymemberHistory,
     .arguments = kGeoradiusbymemberArguments},
    {.full_name = "georadiusbymember_ro",
     .summary = "A read-only variant for GEORADIUSBYMEMBER",
     .since = "3.2.10",
     .complexity =
         "O(N+log(M)) where N is the number of elements inside the bounding box of the circular "
         "area delimited by center and radius and M is the number of items inside the index.",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
     .arguments = kGeoradiusbymemberRoArguments},
    {.full_name = "geosearch",
     .summary = "Query a sorted set representing a geospatial index to fetch members inside an "
                "area of a box or a circle.",
     .since = "6.2.0",
     .complexity =
         "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area "
         "around the shape provided as the filter and M is the number of items inside the shape",
     .history = kGeosearchHistory,
     .arguments = kGeosearchArguments},
    {.full_name = "geosearchstore",
     .summary = "Query a sorted set representing a geospatial index to fetch members inside an "
                "area of a box or a circle, and store the result in another key.",
     .since = "6.2.0",
     .complexity =
         "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area "
         "around the shape provided as the filter and M is the number of items inside the shape",
     .history = kGeosearchstoreHistory,
     .arguments = kGeosearchstoreArguments},
};

}  // namespace

std::span<const CommandMetadata> geo_metadata() { return kCommands; }

}  // namespace engine
