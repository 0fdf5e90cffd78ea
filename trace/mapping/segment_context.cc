#include "trace/mapping/segment_context.h"

#include <string>
#include <vector>

#include "base/decimal_time.h"
#include "trace/document/json_split.h"
#include "trace/mapping/attribute_writer.h"
#include "trace/mapping/segment_block.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

struct Member {
  std::string_view member;
  std::string_view attribute;
};

constexpr Member kEc2[] = {{"instance_id", "host.id"},
                           {"instance_size", "host.type"},
                           {"ami_id", "host.image.id"},
                           {"availability_zone", "cloud.availability_zone"}};
constexpr Member kEcs[] = {{"container", "container.name"},
                           {"container_id", "container.id"},
                           {"container_arn", "aws.ecs.container.arn"},
                           {"cluster_arn", "aws.ecs.cluster.arn"},
                           {"task_arn", "aws.ecs.task.arn"},
                           {"task_family", "aws.ecs.task.family"},
                           {"launch_type", "aws.ecs.launchtype"}};
constexpr Member kEks[] = {{"cluster_name", "k8s.cluster.name"},
                           {"pod", "k8s.pod.name"}};
constexpr Member kXray[] = {
    {"sdk", "telemetry.sdk.name"},
    {"sdk_version", "telemetry.sdk.version"},
    {"sampling_rule_name", "aws.xray.sampling_rule_name"},
    {"auto_instrumentation", "aws.xray.auto_instrumentation"}};
// Blocks, and the cloud.platform that has them.
constexpr Member kPlatforms[] = {{"eks", "aws_eks"},
                                 {"ecs", "aws_ecs"},
                                 {"elastic_beanstalk", "aws_elastic_beanstalk"},
                                 {"ec2", "aws_ec2"}};

template <size_t N>
void AddMembers(const SegmentBlock& block, const Member (&members)[N],
                AttributeWriter& out) {
  for (const Member& m : members) out.Json(m.attribute, block.Json(m.member));
}

// "X-Ray for Java" names the language.
void AddLanguage(const std::string& sdk, AttributeWriter& out) {
  constexpr std::string_view kBefore = "for ";
  const size_t at = sdk.rfind(kBefore);
  if (at != sdk.npos) {
    out.Text("telemetry.sdk.language", sdk.substr(at + kBefore.size()));
  }
}

void AddLogs(const SegmentBlock& aws, AttributeWriter& out) {
  std::vector<std::string> names, arns;
  for (std::string_view json : aws.List("cloudwatch_logs")) {
    const SegmentBlock log(json);
    if (std::string name = log.Text("log_group"); !name.empty()) {
      names.push_back(std::move(name));
    }
    if (std::string arn = log.Text("arn"); !arn.empty()) {
      arns.push_back(std::move(arn));
    }
  }
  out.Texts("aws.log.group.names", names);
  out.Texts("aws.log.group.arns", arns);
}

// The most special one: an ECS task may tell its host, too.
std::string_view PlatformOf(const SegmentBlock& aws) {
  for (const Member& m : kPlatforms) {
    if (!aws.Json(m.member).empty()) return m.attribute;
  }
  return {};
}

// Zone and container may be told twice: the first block that does wins.
void AddAws(const SegmentBlock& aws, AttributeWriter& out) {
  const SegmentBlock ec2 = aws.Block("ec2");
  const SegmentBlock ecs = aws.Block("ecs");
  const SegmentBlock eks = aws.Block("eks");
  const SegmentBlock xray = aws.Block("xray");
  out.Text("cloud.platform", PlatformOf(aws));
  out.Json("cloud.account.id", aws.Json("account_id"));
  AddMembers(ec2, kEc2, out);
  AddMembers(ecs, kEcs, out);
  AddMembers(eks, kEks, out);
  if (ec2.Json("availability_zone").empty()) {
    out.Json("cloud.availability_zone", ecs.Json("availability_zone"));
  }
  if (ecs.Json("container_id").empty()) {
    out.Json("container.id", eks.Json("container_id"));
  }
  const SegmentBlock beanstalk = aws.Block("elastic_beanstalk");
  out.Json("service.namespace", beanstalk.Json("environment_name"));
  const std::string_view deployment = beanstalk.Json("deployment_id");
  if (IsJsonNumber(deployment)) {
    out.Text("service.instance.id", deployment);
  } else {
    out.Json("service.instance.id", deployment);
  }
  AddLogs(aws, out);
  AddMembers(xray, kXray, out);
  AddLanguage(xray.Text("sdk"), out);
}

void AddService(const SegmentBlock& service, const SegmentBlock& aws,
                AttributeWriter& out) {
  std::string_view version = service.Json("version");
  if (version.empty()) {
    version = aws.Block("elastic_beanstalk").Json("version_label");
  }
  out.Json("service.version", version);
  for (const JsonMember& member : service.members()) {
    if (member.key == "version") continue;
    out.Json("aws.xray.service." + member.key, member.value);
  }
}

}  // namespace

SpanContext ContextOfSegment(const SegmentDocument& document,
                             std::string_view service_name) {
  const EntityView& root = document.root();
  const SegmentBlock entity(root.json);
  const SegmentBlock aws(root.aws_json);
  std::string resource;
  AttributeWriter out(1, resource);
  out.Text("service.name", service_name);
  AddService(entity.Block("service"), aws, out);
  out.Text("aws.xray.origin", root.origin);
  out.Text("aws.xray.resource_arn", root.resource_arn);
  out.Text("cloud.provider", root.aws_json.empty() ? "unknown" : "aws");
  AddAws(aws, out);
  SpanContext context;
  AppendBytesField(1, resource, context.resource_spans);
  return context;
}

}  // namespace roentgen::storage
