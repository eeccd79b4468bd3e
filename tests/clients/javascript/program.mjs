// A model's life by AWS's SDK for JavaScript. The folder that it is given has the data. It prints a line as each step is
// done, and `waiting for N minutes` where somebody who does this on AWS would wait.
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { ApplicationAutoScaling } from "@aws-sdk/client-application-auto-scaling";
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { SageMaker, waitUntilEndpointInService, waitUntilTrainingJobCompletedOrStopped } from "@aws-sdk/client-sagemaker";
import { SageMakerRuntime } from "@aws-sdk/client-sagemaker-runtime";
import { STS } from "@aws-sdk/client-sts";

const [, , data] = process.argv;
const NAME = "javascript-churn";
const XGBOOST = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1";
const ANALYZER = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer";
const SIZE = { InstanceType: "ml.m5.large", InstanceCount: 1 };
const [iam, runtime, s3, sagemaker, scaling] = [IAM, SageMakerRuntime, S3, SageMaker, ApplicationAutoScaling].map((Client) => new Client());
const { Account: account } = await new STS().getCallerIdentity();
const bucket = `${NAME}-${account}`;

async function until(describe, done) {
    for (;;) {
        const found = await describe();
        if (done(found)) return found;
        await setTimeout(1000);
    }
}

await s3.createBucket({ Bucket: bucket });
for (const name of ["train", "validation", "batch", "baseline"]) {
    await s3.putObject({ Bucket: bucket, Key: `${name}/${name}.csv`, Body: readFileSync(`${data}/${name}.csv`) });
}
const trust = { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "sagemaker.amazonaws.com" } };
const anything = { Effect: "Allow", Action: ["s3:*", "logs:*", "cloudwatch:*", "ecr:*"], Resource: "*" };
const document = (statement) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
const { Role: { Arn: RoleArn } } = await iam.createRole({ RoleName: NAME, AssumeRolePolicyDocument: document(trust) });
await iam.putRolePolicy({ RoleName: NAME, PolicyName: "Data", PolicyDocument: document(anything) });

const channel = (name) => ({
    ChannelName: name,
    ContentType: "text/csv",
    DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: `s3://${bucket}/${name}/`, S3DataDistributionType: "FullyReplicated" } },
});
await sagemaker.createExperiment({ ExperimentName: NAME });
for (const depth of [1, 4]) {
    const name = `${NAME}-depth-${depth}`;
    await sagemaker.createTrial({ TrialName: name, ExperimentName: NAME });
    await sagemaker.createTrainingJob({
        TrainingJobName: name,
        RoleArn,
        AlgorithmSpecification: { TrainingImage: XGBOOST, TrainingInputMode: "File" },
        HyperParameters: { num_round: "5", max_depth: String(depth), objective: "binary:logistic", eval_metric: "auc" },
        InputDataConfig: [channel("train"), channel("validation")],
        OutputDataConfig: { S3OutputPath: `s3://${bucket}/models` },
        ResourceConfig: { ...SIZE, VolumeSizeInGB: 5 },
        StoppingCondition: { MaxRuntimeInSeconds: 600 },
        ExperimentConfig: { TrialName: name, TrialComponentDisplayName: "Training" },
    });
    await waitUntilTrainingJobCompletedOrStopped({ client: sagemaker, maxWaitTime: 300, minDelay: 1, maxDelay: 5 }, { TrainingJobName: name });
}
console.log("experiment: two trials trained");

const { Results: results } = await sagemaker.search({
    Resource: "ExperimentTrialComponent",
    SearchExpression: { Filters: [{ Name: "Parents.ExperimentName", Operator: "Equals", Value: NAME }] },
    SortBy: "Metrics.validation:auc.Max",
    SortOrder: "Descending",
});
const best = results[0].TrialComponent.Source.SourceArn.split("/").at(-1);
const { ModelArtifacts: { S3ModelArtifacts } } = await sagemaker.describeTrainingJob({ TrainingJobName: best });
console.log(`best trial: ${best} of ${results.length}`);

await sagemaker.createModel({ ModelName: NAME, ExecutionRoleArn: RoleArn, PrimaryContainer: { Image: XGBOOST, ModelDataUrl: S3ModelArtifacts } });
await sagemaker.createTransformJob({
    TransformJobName: NAME,
    ModelName: NAME,
    BatchStrategy: "MultiRecord",
    TransformInput: { ContentType: "text/csv", SplitType: "Line", DataSource: { S3DataSource: { S3DataType: "S3Prefix", S3Uri: `s3://${bucket}/batch/` } } },
    TransformOutput: { S3OutputPath: `s3://${bucket}/scored`, AssembleWith: "Line" },
    TransformResources: SIZE,
});
await until(() => sagemaker.describeTransformJob({ TransformJobName: NAME }), (job) => job.TransformJobStatus === "Completed");
const { Body: scored } = await s3.getObject({ Bucket: bucket, Key: "scored/batch.csv.out" });
console.log(`batch: ${(await scored.transformToString()).trim().split("\n").length} rows scored`);

await sagemaker.createEndpointConfig({
    EndpointConfigName: NAME,
    ProductionVariants: [{ VariantName: "primary", ModelName: NAME, InstanceType: "ml.m5.large", InitialInstanceCount: 1 }],
    DataCaptureConfig: {
        EnableCapture: true,
        InitialSamplingPercentage: 100,
        DestinationS3Uri: `s3://${bucket}/capture`,
        CaptureOptions: [{ CaptureMode: "Input" }, { CaptureMode: "Output" }],
        CaptureContentTypeHeader: { CsvContentTypes: ["text/csv"] },
    },
});
await sagemaker.createEndpoint({ EndpointName: NAME, EndpointConfigName: NAME });
await waitUntilEndpointInService({ client: sagemaker, maxWaitTime: 300, minDelay: 1, maxDelay: 5 }, { EndpointName: NAME });
const ask = async (row) => {
    const { Body } = await runtime.invokeEndpoint({ EndpointName: NAME, ContentType: "text/csv", Body: row });
    return Number(Buffer.from(Body).toString());
};
const askAll = async () => {
    for (const row of readFileSync(`${data}/moved.csv`, "utf8").trim().split("\n")) await ask(row);
};
console.log(`endpoint: answers differ by ${(await ask("40,9,50.0")) - (await ask("40,0,50.0")) > 0.2 ? "True" : "False"}`);

const target = {
    ServiceNamespace: "sagemaker",
    ResourceId: `endpoint/${NAME}/variant/primary`,
    ScalableDimension: "sagemaker:variant:DesiredInstanceCount",
};
await scaling.registerScalableTarget({ ...target, MinCapacity: 1, MaxCapacity: 2 });
await scaling.putScalingPolicy({
    ...target,
    PolicyName: NAME,
    PolicyType: "TargetTrackingScaling",
    TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 5,
        PredefinedMetricSpecification: { PredefinedMetricType: "SageMakerVariantInvocationsPerInstance" },
    },
});
await until(
    async () => {
        await askAll();
        console.log("waiting for 1 minutes");
        return sagemaker.describeEndpoint({ EndpointName: NAME });
    },
    (endpoint) => endpoint.ProductionVariants[0].CurrentInstanceCount === 2,
);
console.log("scaling: two instances");

const folder = "/opt/ml/processing";
await sagemaker.createProcessingJob({
    ProcessingJobName: NAME,
    RoleArn,
    AppSpecification: { ImageUri: ANALYZER },
    Environment: {
        dataset_format: JSON.stringify({ csv: { header: true } }),
        dataset_source: `${folder}/input/data`,
        output_path: `${folder}/output`,
        publish_cloudwatch_metrics: "Disabled",
    },
    ProcessingInputs: [{ InputName: "data", S3Input: { S3Uri: `s3://${bucket}/baseline/`, LocalPath: `${folder}/input/data`, S3DataType: "S3Prefix", S3InputMode: "File" } }],
    ProcessingOutputConfig: { Outputs: [{ OutputName: "result", S3Output: { S3Uri: `s3://${bucket}/baseline-results`, LocalPath: `${folder}/output`, S3UploadMode: "EndOfJob" } }] },
    ProcessingResources: { ClusterConfig: { ...SIZE, VolumeSizeInGB: 20 } },
});
await until(() => sagemaker.describeProcessingJob({ ProcessingJobName: NAME }), (job) => job.ProcessingJobStatus === "Completed");
const read = async (key) => JSON.parse(await (await s3.getObject({ Bucket: bucket, Key: key })).Body.transformToString());
console.log(`baseline: statistics of ${(await read("baseline-results/statistics.json")).features.length} columns`);

await sagemaker.createDataQualityJobDefinition({
    JobDefinitionName: NAME,
    RoleArn,
    DataQualityBaselineConfig: {
        ConstraintsResource: { S3Uri: `s3://${bucket}/baseline-results/constraints.json` },
        StatisticsResource: { S3Uri: `s3://${bucket}/baseline-results/statistics.json` },
    },
    DataQualityAppSpecification: { ImageUri: ANALYZER },
    DataQualityJobInput: { EndpointInput: { EndpointName: NAME, LocalPath: `${folder}/input/endpoint` } },
    DataQualityJobOutputConfig: { MonitoringOutputs: [{ S3Output: { S3Uri: `s3://${bucket}/reports`, LocalPath: `${folder}/output`, S3UploadMode: "EndOfJob" } }] },
    JobResources: { ClusterConfig: { ...SIZE, VolumeSizeInGB: 20 } },
});
await sagemaker.createMonitoringSchedule({
    MonitoringScheduleName: NAME,
    MonitoringScheduleConfig: {
        ScheduleConfig: { ScheduleExpression: "cron(0 * ? * * *)" },
        MonitoringJobDefinitionName: NAME,
        MonitoringType: "DataQuality",
    },
});
console.log("schedule: hourly");

await askAll();
console.log("waiting for 60 minutes");
const { MonitoringExecutionSummaries: [execution] } = await until(
    () => sagemaker.listMonitoringExecutions({ MonitoringScheduleName: NAME }),
    ({ MonitoringExecutionSummaries: all }) => all.some((one) => one.MonitoringExecutionStatus.startsWith("Completed")),
);
const job = await sagemaker.describeProcessingJob({ ProcessingJobName: execution.ProcessingJobArn.split("/").at(-1) });
const reports = job.ProcessingOutputConfig.Outputs[0].S3Output.S3Uri.replace(`s3://${bucket}/`, "");
const { violations } = await read(`${reports}/constraint_violations.json`);
const drifted = violations.filter((violation) => violation.constraint_check_type === "baseline_drift_check");
console.log(`violations: drift of ${drifted.map((violation) => violation.feature_name).sort().join(", ")}`);

await sagemaker.deleteMonitoringSchedule({ MonitoringScheduleName: NAME });
await sagemaker.deleteDataQualityJobDefinition({ JobDefinitionName: NAME });
await scaling.deregisterScalableTarget(target);
// An endpoint that changes its size cannot be deleted.
await waitUntilEndpointInService({ client: sagemaker, maxWaitTime: 300, minDelay: 1, maxDelay: 5 }, { EndpointName: NAME });
await sagemaker.deleteEndpoint({ EndpointName: NAME });
await sagemaker.deleteEndpointConfig({ EndpointConfigName: NAME });
await sagemaker.deleteModel({ ModelName: NAME });
await iam.deleteRolePolicy({ RoleName: NAME, PolicyName: "Data" });
await iam.deleteRole({ RoleName: NAME });
const { Endpoints: left } = await until(() => sagemaker.listEndpoints({ NameContains: NAME }), ({ Endpoints }) => Endpoints.length === 0);
console.log(`deletion: ${left.length} endpoints are left`);
