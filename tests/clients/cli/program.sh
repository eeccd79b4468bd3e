#!/bin/sh
# A model's life by the AWS CLI. The folder that it is given has the data. It prints a line as each step is done, and
# `waiting for N minutes` where somebody who does this on AWS would wait.
set -eu

export AWS_PAGER=''
name=cli-churn
moved=$1/moved.csv
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
account=$(aws sts get-caller-identity --query Account --output text)
bucket=$name-$account
aws s3 mb "s3://$bucket" > /dev/null

for part in train validation batch baseline; do
    aws s3 cp --quiet --sse aws:kms "$1/$part.csv" "s3://$bucket/$part/"
done

role=$(aws iam create-role --role-name "$name" --query Role.Arn --output text --assume-role-policy-document '{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"}}]
}')
aws iam attach-role-policy --role-name "$name" --policy-arn arn:aws:iam::aws:policy/AmazonSageMakerFullAccess
aws iam put-role-policy --role-name "$name" --policy-name Data --policy-document '{
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::'"$bucket"'", "arn:aws:s3:::'"$bucket"'/*"]}]
}'

# The CLI's own `wait` asks once in one or two minutes: await STATUS QUERY COMMAND...
await() {
    status=$1 query=$2
    shift 2
    until test "$(aws sagemaker "$@" --query "$query" --output text)" = "$status"; do sleep 1; done
}

xgboost=683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1
channel() {
    echo "ChannelName=$1,ContentType=text/csv,DataSource={S3DataSource={S3DataType=S3Prefix,S3Uri=s3://$bucket/$1/,S3DataDistributionType=FullyReplicated}}"
}
aws sagemaker create-experiment --experiment-name "$name" > /dev/null
for depth in 1 4; do
    aws sagemaker create-trial --trial-name "$name-depth-$depth" --experiment-name "$name" > /dev/null
    aws sagemaker create-training-job --training-job-name "$name-depth-$depth" --role-arn "$role" \
        --algorithm-specification "TrainingImage=$xgboost,TrainingInputMode=File" \
        --hyper-parameters "num_round=5,max_depth=$depth,objective=binary:logistic,eval_metric=auc" \
        --input-data-config "$(channel train)" "$(channel validation)" \
        --output-data-config "S3OutputPath=s3://$bucket/models" \
        --resource-config InstanceType=ml.m5.large,InstanceCount=1,VolumeSizeInGB=5 \
        --stopping-condition MaxRuntimeInSeconds=600 \
        --experiment-config "TrialName=$name-depth-$depth,TrialComponentDisplayName=Training" > /dev/null
done
for depth in 1 4; do
    await Completed TrainingJobStatus describe-training-job --training-job-name "$name-depth-$depth"
done
echo 'experiment: two trials trained'

best=$(aws sagemaker search --resource ExperimentTrialComponent \
    --search-expression "Filters=[{Name=Parents.ExperimentName,Operator=Equals,Value=$name}]" \
    --sort-by Metrics.validation:auc.Max --sort-order Descending \
    --query 'Results[0].TrialComponent.Source.SourceArn' --output text)
best=${best##*/}
artifact=$(aws sagemaker describe-training-job --training-job-name "$best" \
    --query ModelArtifacts.S3ModelArtifacts --output text)
echo "best trial: $best of 2"

aws sagemaker create-model --model-name "$name" --execution-role-arn "$role" \
    --primary-container "Image=$xgboost,ModelDataUrl=$artifact" > /dev/null
aws sagemaker create-transform-job --transform-job-name "$name" --model-name "$name" --batch-strategy MultiRecord \
    --transform-input "ContentType=text/csv,SplitType=Line,DataSource={S3DataSource={S3DataType=S3Prefix,S3Uri=s3://$bucket/batch/}}" \
    --transform-output "S3OutputPath=s3://$bucket/scored,AssembleWith=Line" \
    --transform-resources InstanceType=ml.m5.large,InstanceCount=1 > /dev/null
await Completed TransformJobStatus describe-transform-job --transform-job-name "$name"
aws s3 cp --quiet "s3://$bucket/scored/batch.csv.out" "$here/"
echo "batch: $(grep -c . "$here/batch.csv.out") rows scored"

aws sagemaker create-endpoint-config --endpoint-config-name "$name" \
    --production-variants "VariantName=primary,ModelName=$name,InstanceType=ml.m5.large,InitialInstanceCount=1" \
    --data-capture-config "EnableCapture=true,InitialSamplingPercentage=100,DestinationS3Uri=s3://$bucket/capture,CaptureOptions=[{CaptureMode=Input},{CaptureMode=Output}],CaptureContentTypeHeader={CsvContentTypes=[text/csv]}" > /dev/null
aws sagemaker create-endpoint --endpoint-name "$name" --endpoint-config-name "$name" > /dev/null
await InService EndpointStatus describe-endpoint --endpoint-name "$name"
ask() {
    echo "$1" > "$here/request"
    aws sagemaker-runtime invoke-endpoint --endpoint-name "$name" --content-type text/csv \
        --body "fileb://$here/request" "$here/answer" > /dev/null
}
ask 40,9,50.0
leaving=$(cat "$here/answer")
ask 40,0,50.0
echo "endpoint: answers differ by $(awk -v a="$leaving" -v b="$(cat "$here/answer")" 'BEGIN { print (a - b > 0.2) ? "True" : "False" }')"

set -- --service-namespace sagemaker --resource-id "endpoint/$name/variant/primary" \
    --scalable-dimension sagemaker:variant:DesiredInstanceCount
aws application-autoscaling register-scalable-target "$@" --min-capacity 1 --max-capacity 2 > /dev/null
aws application-autoscaling put-scaling-policy "$@" --policy-name "$name" --policy-type TargetTrackingScaling \
    --target-tracking-scaling-policy-configuration \
    'TargetValue=0.5,PredefinedMetricSpecification={PredefinedMetricType=SageMakerVariantInvocationsPerInstance}' > /dev/null
while test "$(aws sagemaker describe-endpoint --endpoint-name "$name" --query 'ProductionVariants[0].CurrentInstanceCount')" -lt 2; do
    # Requests that hold many customers, for each start of the CLI takes long.
    ask "$(cat "$moved")"
    ask "$(cat "$moved")"
    echo 'waiting for 1 minutes'
    sleep 2
done
echo 'scaling: two instances'

aws sagemaker create-processing-job --processing-job-name "$name-baseline" --role-arn "$role" \
    --app-specification ImageUri=156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer \
    --environment '{"dataset_format": "{\"csv\": {\"header\": true}}", "dataset_source": "/opt/ml/processing/input/data", "output_path": "/opt/ml/processing/output", "publish_cloudwatch_metrics": "Disabled"}' \
    --processing-inputs "InputName=data,S3Input={S3Uri=s3://$bucket/baseline/,LocalPath=/opt/ml/processing/input/data,S3DataType=S3Prefix,S3InputMode=File}" \
    --processing-output-config "Outputs=[{OutputName=result,S3Output={S3Uri=s3://$bucket/baseline-results,LocalPath=/opt/ml/processing/output,S3UploadMode=EndOfJob}}]" \
    --processing-resources 'ClusterConfig={InstanceType=ml.m5.large,InstanceCount=1,VolumeSizeInGB=20}' > /dev/null
await Completed ProcessingJobStatus describe-processing-job --processing-job-name "$name-baseline"
aws s3 cp --quiet "s3://$bucket/baseline-results/statistics.json" "$here/"
echo "baseline: statistics of $(grep -c '"inferred_type"' "$here/statistics.json") columns"

aws sagemaker create-data-quality-job-definition --job-definition-name "$name" --role-arn "$role" \
    --data-quality-baseline-config "ConstraintsResource={S3Uri=s3://$bucket/baseline-results/constraints.json},StatisticsResource={S3Uri=s3://$bucket/baseline-results/statistics.json}" \
    --data-quality-app-specification ImageUri=156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer \
    --data-quality-job-input "EndpointInput={EndpointName=$name,LocalPath=/opt/ml/processing/input/endpoint}" \
    --data-quality-job-output-config "MonitoringOutputs=[{S3Output={S3Uri=s3://$bucket/reports,LocalPath=/opt/ml/processing/output,S3UploadMode=EndOfJob}}]" \
    --job-resources 'ClusterConfig={InstanceType=ml.m5.large,InstanceCount=1,VolumeSizeInGB=20}' > /dev/null
aws sagemaker create-monitoring-schedule --monitoring-schedule-name "$name" --monitoring-schedule-config \
    "ScheduleConfig={ScheduleExpression=cron(0 * ? * * *)},MonitoringJobDefinitionName=$name,MonitoringType=DataQuality" > /dev/null
echo 'schedule: hourly'

ask "$(cat "$moved")"
echo 'waiting for 60 minutes'
until aws sagemaker list-monitoring-executions --monitoring-schedule-name "$name" \
    --query 'MonitoringExecutionSummaries[].MonitoringExecutionStatus' --output text | grep -q Completed; do
    sleep 1
done
aws s3 cp --quiet --recursive --exclude '*' --include '*/constraint_violations.json' "s3://$bucket/reports/" "$here/reports"
drifted=$(find "$here/reports" -name constraint_violations.json -exec cat {} + | tr -d ' \n' | tr '{' '\n' |
    sed -n '/baseline_drift_check/s/.*"feature_name":"\([^"]*\)".*/\1/p')
echo "violations: drift of $drifted"

aws sagemaker delete-monitoring-schedule --monitoring-schedule-name "$name"
aws sagemaker delete-data-quality-job-definition --job-definition-name "$name"
aws application-autoscaling deregister-scalable-target "$@"
# An endpoint that changes its size cannot be deleted.
await InService EndpointStatus describe-endpoint --endpoint-name "$name"
aws sagemaker delete-endpoint --endpoint-name "$name"
await 0 'length(Endpoints)' list-endpoints --name-contains "$name"
aws sagemaker delete-endpoint-config --endpoint-config-name "$name"
aws sagemaker delete-model --model-name "$name"
for depth in 1 4; do
    aws sagemaker disassociate-trial-component --trial-component-name "$name-depth-$depth-aws-training-job" --trial-name "$name-depth-$depth" > /dev/null
    aws sagemaker delete-trial-component --trial-component-name "$name-depth-$depth-aws-training-job" > /dev/null
    aws sagemaker delete-trial --trial-name "$name-depth-$depth" > /dev/null
done
aws sagemaker delete-experiment --experiment-name "$name" > /dev/null
aws s3 rb --force "s3://$bucket" > /dev/null
aws iam detach-role-policy --role-name "$name" --policy-arn arn:aws:iam::aws:policy/AmazonSageMakerFullAccess
aws iam delete-role-policy --role-name "$name" --policy-name Data
aws iam delete-role --role-name "$name"
echo "deletion: $(aws sagemaker list-endpoints --name-contains "$name" --query 'length(Endpoints)') endpoints are left"
